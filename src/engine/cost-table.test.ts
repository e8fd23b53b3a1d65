import { expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { sliceRows } from '../base/tensor.ts';
import type { Dataset } from '../data/dataset.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { OpConfig } from '../quantize/config.ts';
import { CostModel } from '../quantize/cost/cost-model.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import { buildModel, randomTensor } from '../quantize/testing/build-model.ts';
import { ort } from '../runtime/ort-node.ts';
import { measureCosts } from './cost-table.ts';
import { Feed } from './feed.ts';
import { SessionHost } from './session-host.ts';

const WIDTH = 192;
const model = buildModel({
  inputs: { x: [WIDTH, WIDTH] },
  outputs: ['y'],
  weights: { w1: [WIDTH, WIDTH], w2: [WIDTH, WIDTH] },
  nodes: [
    { opType: 'MatMul', input: ['x', 'w1'], output: ['a'] },
    { opType: 'Relu', input: ['a'], output: ['b'] },
    { opType: 'MatMul', input: ['b', 'w2'], output: ['c'] },
    { opType: 'Softmax', input: ['c'], output: ['y'] },
  ],
  dims: { a: [WIDTH, WIDTH], b: [WIDTH, WIDTH], c: [WIDTH, WIDTH], y: [WIDTH, WIDTH] },
});

async function measured(): Promise<CostTable> {
  const data = randomTensor([WIDTH, WIDTH]);
  const dataset: Dataset = {
    name: 'random',
    count: WIDTH,
    hasLabels: false,
    warnings: [],
    read: async (start, count) => ({ inputs: { x: sliceRows(data, start, count) } }),
    sha256: async () => '',
  };
  const pool = { workers: [{ api: new SessionHost(ort, systemClock), generation: 0 }], terminate: () => undefined };
  return measureCosts(pool, new Feed('costs', dataset, { rows: WIDTH, fixedRows: WIDTH }), model, [
    'static',
    'dynamic',
  ]);
}

it('times every op in float and in each int8 mode, under the names of the model', async () => {
  const { floatMs, ops, quantize, dequantize } = await measured();
  expect(Object.keys(ops).sort()).toEqual(expect.arrayContaining(['MatMul_0', 'MatMul_2']));
  for (const name of ['MatMul_0', 'MatMul_2']) {
    expect(ops[name]?.float).toBeGreaterThan(0);
    expect(ops[name]?.static).toBeGreaterThan(0);
    expect(ops[name]?.dynamic).toBeGreaterThan(0);
  }
  expect(ops['Softmax_3']?.static).toBeUndefined();
  expect(floatMs).toBeGreaterThan(0);
  expect(quantize.perElementMs).toBeGreaterThan(0);
  expect(dequantize.perElementMs).toBeGreaterThan(0);
});

it('prices ops and the borders between int8 and float', () => {
  const nodeCost = { perRunMs: 0.1, perElementMs: 0 };
  const table: CostTable = {
    format: 'octet-costs/1',
    floatMs: 10,
    ops: {
      MatMul_0: { float: 4, static: 1, dynamic: 2 },
      Relu_1: { float: 1 },
      MatMul_2: { float: 4, static: 2, dynamic: 3 },
      Softmax_3: { float: 1 },
    },
    quantize: nodeCost,
    dequantize: { perRunMs: 0.01, perElementMs: 0 },
  };
  const costs = new CostModel(model, table);
  const option = (name: string, mode: string): OpConfig =>
    modelCapability(model)
      .ops.find((op) => op.name === name)!
      .int8.find((each) => each.mode === mode)!;
  const ratio = (ops: Record<string, OpConfig>): number => costs.ratio({ ops, weightStorage: 'int8' });
  expect(ratio({})).toBe(1);
  // Input quantized; the Relu goes with the first MatMul; the second writes float.
  expect(ratio({ MatMul_0: option('MatMul_0', 'static'), MatMul_2: option('MatMul_2', 'static') })).toBeCloseTo(
    (10 - 3 - 2 - 1 + 0.1) / 10,
    9,
  );
  // One Q on the input; the MatMul writes float by itself.
  expect(ratio({ MatMul_2: option('MatMul_2', 'static') })).toBeCloseTo((10 - 2 + 0.1) / 10, 9);
  expect(ratio({ MatMul_2: option('MatMul_2', 'dynamic') })).toBeCloseTo((10 - 1) / 10, 9);
});
