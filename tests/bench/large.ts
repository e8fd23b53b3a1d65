import { createRng } from '../../src/base/rng.ts';
import { prepareModel } from '../../src/engine/prepare.ts';
import { concatenate } from '../../src/base/bytes.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { TensorProto } from '../../src/onnx/proto/onnx_pb.ts';
import { writeTensor } from '../../src/onnx/tensor-proto.ts';
import { buildModel, type TestNode } from '../../src/onnx/testing/build-model.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { OpConfig, QuantizeConfig } from '../../src/quantize/config.ts';
import { calibrationTensors } from '../../src/quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { selectOps } from '../../src/quantize/rewrite/select.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { markdownTable } from './table.ts';

const NODES = 5000;
const WIDTH = 2048;
const MATRICES = 30;

/** What a graph of 5000 nodes and one with 500 MB of weights take, step by step, and the most memory that the process had by then. */
export function benchLarge(): void {
  const rows = [...measured('5000 nodes', manyNodes()), ...measured('500 MB', heavy())];
  console.log(markdownTable(['model', 'step', 'seconds', 'peak RSS in MB'], rows));
}

/** Residual blocks of a Conv, a Relu and an Add with 8 channels. */
function manyNodes(): Uint8Array {
  const nodes: TestNode[] = [];
  const weights: TensorProto[] = [];
  let tensor = 'x';
  for (let i = 0; nodes.length < NODES; i++) {
    weights.push(random(`w${i}`, [8, 8, 3, 3], i), random(`c${i}`, [8], i));
    const attributes = { pads: [1, 1, 1, 1] };
    nodes.push(
      { opType: 'Conv', input: [tensor, `w${i}`, `c${i}`], output: [`c_${i}`], attributes },
      { opType: 'Relu', input: [`c_${i}`], output: [`r_${i}`] },
      { opType: 'Add', input: [`r_${i}`, tensor], output: [`a_${i}`] },
    );
    tensor = `a_${i}`;
  }
  return file(nodes, weights, [1, 8, 16, 16], tensor);
}

function heavy(): Uint8Array {
  const weights = Array.from({ length: MATRICES }, (_, i) => random(`w${i}`, [WIDTH, WIDTH], i));
  const nodes = weights.map((_, i): TestNode => ({
    opType: 'MatMul',
    input: [i === 0 ? 'x' : `t${i - 1}`, `w${i}`],
    output: [`t${i}`],
  }));
  return file(nodes, weights, [1, 16, WIDTH], `t${MATRICES - 1}`);
}

function random(name: string, dims: readonly number[], seed: number): TensorProto {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => rng.uniform() - 0.5);
  return writeTensor(name, { type: 'float32', dims, data });
}

function file(
  nodes: readonly TestNode[],
  initializers: readonly TensorProto[],
  dims: readonly number[],
  output: string,
): Uint8Array {
  const inputs = { x: { dims } };
  return encodeModel(buildModel({ nodes, inputs, outputs: { [output]: {} }, initializers, opset: 17 }));
}

function measured(model: string, bytes: Uint8Array): string[][] {
  const rows: string[][] = [];
  const step = <T>(name: string, act: () => T): T => {
    const started = performance.now();
    const result = act();
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    rows.push([model, name, seconds, (process.resourceUsage().maxRSS / 1024).toFixed(0)]);
    return result;
  };
  step(`file of ${(bytes.length / 1e6).toFixed(0)} MB made`, () => undefined);
  const { model: prepared } = step('read, clean up, infer', () => prepareModel(bytes, {}));
  const capability = step('capability', () => modelCapability(prepared));
  const ops = capability.ops.map(({ name, int8 }): [string, OpConfig] => [name, int8[0] ?? 'fp32']);
  const config: QuantizeConfig = { ops: Object.fromEntries(ops), weightStorage: 'auto' };
  const tensors = calibrationTensors(prepared, selectOps(prepared, config));
  const minmax = Object.fromEntries(tensors.map((name) => [name, { min: -1, max: 1 }]));
  const cache = new WeightCache();
  const int8 = step('rewrite to int8', () => rewrite(prepared, config, { minmax }, cache));
  step('rewrite again', () => rewrite(prepared, config, { minmax }, cache));
  step('write', () => concatenate(int8.parts));
  const compact = { ops: {}, weightStorage: 'auto' } as const;
  step('rewrite to compact storage', () => rewrite(prepared, compact, {}, cache));
  return rows;
}
