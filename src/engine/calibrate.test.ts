import { describe, expect, it } from 'vitest';
import { sliceRows, type Tensor } from '../base/tensor.ts';
import type { Dataset } from '../data/dataset.ts';
import { buildModel, randomTensor } from '../quantize/testing/build-model.ts';
import { ort } from '../runtime/ort-node.ts';
import { calibrate } from './calibrate.ts';
import { ManualControl } from './control.ts';
import { Feed } from './feed.ts';
import { SessionHost } from './session-host.ts';

const SAMPLES = 24;
const modelOf = (rows: number) =>
  buildModel({
    inputs: { x: [rows, 4, 6, 6] },
    outputs: ['y'],
    weights: { w1: [8, 4, 3, 3], w2: [8, 5] },
    nodes: [
      { opType: 'Conv', input: ['x', 'w1'], output: ['c'] },
      { opType: 'Relu', input: ['c'], output: ['r'] },
      { opType: 'GlobalAveragePool', input: ['r'], output: ['g'] },
      { opType: 'Flatten', input: ['g'], output: ['f'] },
      { opType: 'MatMul', input: ['f', 'w2'], output: ['y'] },
    ],
  });
const data = randomTensor([SAMPLES, 4, 6, 6], 11);

/** The samples in an order; sizes differ from sample to sample, so that extremes are met late. */
function dataset(order: readonly number[]): Dataset {
  const pick = (i: number): Tensor => {
    const one = sliceRows(data, order[i] as number, 1);
    return { ...one, data: (one.data as Float32Array).map((value) => value * 1.3 ** (order[i] as number)) };
  };
  return {
    name: 'random',
    count: SAMPLES,
    hasLabels: false,
    warnings: [],
    read: (start, count) => {
      const values = Array.from({ length: count }, (_, i) => [...(pick(start + i).data as Float32Array)]).flat();
      return Promise.resolve({
        inputs: { x: { type: 'float32', dims: [count, 4, 6, 6], data: Float32Array.from(values) } },
      });
    },
    sha256: () => Promise.resolve(''),
  };
}

const forwards = Array.from({ length: SAMPLES }, (_, i) => i);

/** In batches of `rows`, which the last one is filled up to. */
function calibrated(order: readonly number[], workers: number, rows: number): ReturnType<typeof calibrate> {
  const pool = {
    workers: Array.from({ length: workers }, () => ({ api: new SessionHost(ort, () => 0), generation: 0 })),
    terminate: () => undefined,
  };
  const feed = new Feed('calibration', dataset(order), { rows, fixedRows: rows });
  const targets = { ranges: ['x', 'r', 'y'], channels: ['f'] };
  return calibrate(pool, modelOf(rows), targets, feed, new ManualControl(), () => undefined);
}

describe('calibrate', () => {
  it('depends neither on the order of samples nor on the number of workers', async () => {
    const found = await calibrated(forwards, 1, 4);
    expect(await calibrated(forwards.toReversed(), 1, 4)).toEqual(found);
    expect(await calibrated(forwards, 3, 4)).toEqual(found);
  });

  it('leaves rows out that only fill a batch up', async () => {
    expect(await calibrated(forwards, 1, 7)).toEqual(await calibrated(forwards, 1, 1));
  });

  it('finds ranges and channels', async () => {
    const { ranges, loudest, means } = await calibrated(forwards, 2, 6);
    expect(Object.keys(ranges.minmax)).toEqual(['x', 'r', 'y']);
    expect(ranges.minmax['r']?.min).toBe(0);
    expect(Object.keys(means).sort()).toEqual(['f', 'x']);
    expect(means['x']).toHaveLength(4);
    expect(loudest['f']).toHaveLength(8);
    expect(Math.max(...(loudest['x'] ?? []))).toBe(Math.max(-ranges.minmax['x']!.min, ranges.minmax['x']!.max));
    expect(Math.min(...(means['f'] ?? []))).toBeGreaterThan(0);
  });
});
