import { beforeAll, expect, it } from 'vitest';
import { moveBase } from '../history/move-base.ts';
import type { OpValues } from '../history/op-values.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { ManualControl } from './control.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';
import { WhatIf } from './what-if.ts';

const CONFIG = {
  text: `
model: {framework: onnxrt_qdq}
quantization:
  model_wise: {activation: {algorithm: percentile}}
  recipes: {smooth_quant: false, equalization: false, fast_bias_correction: false, weight_clip: false}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning: {strategy: {name: basic}, objective: modelsize, exit_policy: {max_trials: 1}}
`,
  fileName: 'tune.yaml',
};

let record: SessionRecord;
let whatIf: WhatIf;
const values = new Map<string, OpValues>();
beforeAll(async () => {
  const store = new MemoryStore();
  const place = { ...platform, control: new ManualControl(), store, startedAt: '', emit: () => undefined };
  const input = { ...inputs, config: CONFIG };
  const report = await tune(input, place);
  record = report.record;
  const before = await store.load();
  whatIf = await WhatIf.open(input, place);
  for (const { name } of report.offer!.ops) values.set(name, await whatIf.values(name));
  expect(await store.load()).toEqual(before);
}, 60_000);

it('counts every value of the samples once', () => {
  // By tensor: elements of one sample.
  const sizes: Record<string, number> = {
    image: 784,
    '/MaxPool_output_0': 8 * 14 * 14,
    '/Relu_1_output_0': 16 * 14 * 14,
  };
  const activations = [...values.values()].flatMap(({ samples, activations: all }) =>
    all.map((activation) => ({ ...activation, samples })),
  );
  for (const [tensor, size] of Object.entries(sizes)) {
    const found = activations.filter((activation) => activation.tensor === tensor);
    expect(found.length).toBeGreaterThan(0);
    for (const { bins, samples } of found) {
      expect(samples).toBeGreaterThan(0);
      expect(sum(bins.counts)).toBe(samples * size);
      expect(bins.counts.length).toBeLessThanOrEqual(64);
      expect(bins.origin).toBeLessThanOrEqual(bins.min);
      expect(bins.origin + bins.counts.length * bins.width).toBeGreaterThanOrEqual(bins.max);
    }
  }
  const weight = values.get('/c2/Conv')!.weight!;
  expect(sum(weight.bins.counts)).toBe(16 * 8 * 5 * 5);
  expect(weight.channels).toHaveLength(16);
});

it('draws the lines where the ranges of the config and of the other methods end', () => {
  const base = moveBase(record)!;
  const { ranges } = record.ranges[base.config.samplingSize]!['plain']!;
  const op = values.get('/c2/Conv')!;
  expect(op).toMatchObject({ trial: base.number, computes: 'static' });
  expect(op.activations.map(({ role, tensor }) => [role, tensor])).toEqual([
    ['read', '/MaxPool_output_0'],
    ['written', '/Relu_1_output_0'],
  ]);
  for (const { tensor, ranges: lines } of op.activations) {
    expect(lines.map(({ method }) => method)).toEqual(['minmax', 'percentile', 'kl', 'mse']);
    expect(lines.filter(({ isUsed }) => isUsed).map(({ method }) => method)).toEqual(['percentile']);
    for (const { method, min, max, stepSize } of lines) {
      const range = ranges[method!][tensor]!;
      expect(min).toBe(range.min);
      expect(max).toBeCloseTo(range.max, 4);
      expect(255 * stepSize).toBeCloseTo(range.max - range.min, 4);
    }
    const [minmax, percentile] = lines;
    expect(minmax!.clippedShare).toBe(0);
    expect(percentile!.clippedShare).toBeGreaterThan(0);
    expect(percentile!.clippedShare).toBeLessThan(0.001);
  }
});

it('tells how the channels of a weight differ', () => {
  const { channels, int8 } = values.get('/c2/Conv')!.weight!;
  expect(int8!.granularity).toBe('per_channel');
  expect(int8!.largest.max).toBeCloseTo(Math.max(...channels!), 4);
  expect(int8!.median.max).toBeLessThan(int8!.largest.max);
  expect(int8!.sqnrDb).toBeGreaterThan(20);
});

it('shows an op that stays float without ranges, and no op that is not there', async () => {
  const { computes, activations, weight } = values.get('/c1/Conv')!;
  expect(computes).toBe('float');
  expect(activations.map(({ ranges }) => ranges)).toEqual([[], []]);
  expect(weight!.int8).toBeNull();
  await expect(whatIf.values('no such op')).rejects.toMatchObject({ code: 'usage' });
});

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
