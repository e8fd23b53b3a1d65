import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRng } from '../../base/rng.ts';
import type { Tensor } from '../../base/tensor.ts';
import { prepareModel } from '../../engine/prepare.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { exposeTensors } from '../../onnx/expose.ts';
import { Graph } from '../../onnx/graph.ts';
import { readTensor } from '../../onnx/tensor-proto.ts';
import { modelCapability } from '../capability.ts';
import type { ActivationRange, ActivationRanges, OpConfig, QuantizeConfig, WeightStorage } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { randomTensor } from '../testing/build-model.ts';
import { emissionFaults } from '../testing/emission-faults.ts';
import { errorBounds } from '../testing/error-bound.ts';
import { netSpec, randomNet } from '../testing/random-net.ts';
import { runModel } from '../testing/run-model.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

const RUNS = Number(process.env['OCTET_PROPERTY_RUNS'] ?? 100);
const SEED = Number(process.env['OCTET_PROPERTY_SEED'] ?? 1978);

/** `usual`: every op in its first int8 form; `partial`: that or float; `mixed`: float or any form, pinnable ones included; `float`: storage alone. */
const configSpec = fc.record({
  kind: fc.constantFrom<'usual' | 'partial' | 'mixed' | 'float'>('usual', 'partial', 'mixed', 'mixed', 'float'),
  seed: fc.nat(1e6),
  weightStorage: fc.constantFrom<WeightStorage>('auto', 'int8', 'float16', 'float32'),
  weightClip: fc.boolean(),
});

type ConfigSpec = typeof configSpec extends fc.Arbitrary<infer T> ? T : never;

function configOf(model: PreparedModel, { kind, seed, weightStorage, weightClip }: ConfigSpec): QuantizeConfig {
  const rng = createRng(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(rng.uniform() * from.length)];
  const ops = modelCapability(model).ops.map(({ name, int8, pinnable = [] }): [string, OpConfig] => {
    const isFloat = kind === 'float' || (kind !== 'usual' && rng.uniform() < 0.3);
    const mode = rng.uniform() < 0.3 ? 'dynamic' : 'static';
    const forms = (rng.uniform() < 0.6 ? int8 : pinnable).filter((each) => each.mode === mode);
    const form = kind === 'mixed' ? (pick(forms) ?? int8[0]) : int8[0];
    return [name, isFloat ? 'fp32' : (form ?? 'fp32')];
  });
  return { ops: Object.fromEntries(ops), weightStorage, ...(weightClip ? { weightClip } : {}) };
}

/** All float tensors of a model, constants included. */
async function allTensors(graph: Graph, x: Tensor): Promise<Map<string, Tensor>> {
  const names = [...new Set(graph.nodes.flatMap(({ output }) => output).filter(Boolean))];
  const { outputs } = await runModel(encodeModel(exposeTensors(graph, names)), { x }, false, 'disabled');
  const constants = [...graph.initializers].map(([name, proto]): [string, Tensor] => [name, readTensor(proto)]);
  return new Map<string, Tensor>([['x', x], ...constants, ...Object.entries(outputs)]);
}

function rangesOf(values: ReadonlyMap<string, Tensor>): ActivationRanges {
  const ranges = [...values].map(([name, { data }]): [string, ActivationRange] => {
    const numbers = Array.from(data as ArrayLike<number>, Number);
    return [name, { min: Math.min(...numbers), max: Math.max(...numbers) }];
  });
  const found = Object.fromEntries(ranges);
  return { minmax: found, percentile: found, kl: found, mse: found };
}

it('random nets quantize, load, run, and differ from float by no more than their scales allow', async () => {
  await fc.assert(
    fc.asyncProperty(netSpec, configSpec, async (net, spec) => {
      const { bytes, dims } = randomNet(net);
      const { model } = prepareModel(bytes, { x: dims });
      const x = randomTensor(dims, net.seed);
      const values = await allTensors(model.graph, x);
      const config = configOf(model, spec);
      const { parts } = rewrite(model, config, rangesOf(values), new WeightCache());
      const int8 = concatenate(parts);
      if (spec.kind !== 'mixed') expect(emissionFaults(int8)).toEqual([]);
      const { outputs } = await runModel(int8, { x });
      const emitted = new Graph(decodeModel(int8));
      const inner = await allTensors(emitted, x);
      const weights = new Map(emitted.nodes.map(({ name, input }) => [name, inner.get(input[1] ?? '')!]));
      const bounds = errorBounds({ float: model, config, int8, values, weights });
      for (const [name, { data }] of Object.entries(outputs)) {
        const float = values.get(name)!;
        expect(data.length).toBe(float.data.length);
        const worst = Math.max(
          0,
          ...Array.from(data as ArrayLike<number>, (v, i) => Math.abs(v - Number(float.data[i]))),
        );
        expect(worst, name).toBeLessThanOrEqual(bounds.get(name)!);
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
});
