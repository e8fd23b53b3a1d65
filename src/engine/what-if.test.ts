import { expect, it } from 'vitest';
import { int8Ops, moveBase } from '../history/move-base.ts';
import { ManualControl } from './control.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';
import { WhatIf } from './what-if.ts';

const CONFIG = {
  text: `
model: {framework: onnxrt_qdq}
quantization: {recipes: {smooth_quant: false, equalization: false}}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning: {strategy: {name: basic}, objective: modelsize, exit_policy: {max_trials: 1}}
`,
  fileName: 'tune.yaml',
};

it('foretells from some samples what the trial then finds, and stores nothing', async () => {
  const store = new MemoryStore();
  const place = {
    ...platform,
    control: new ManualControl(),
    store,
    startedAt: '2026-01-02T03:04:05Z',
    emit: () => undefined,
  };
  const input = { ...inputs, config: CONFIG };
  await expect(WhatIf.open(input, place)).rejects.toMatchObject({ code: 'usage' });
  const { record } = await tune(input, place);
  const before = await store.load();
  const otherSettings = { ...CONFIG, text: CONFIG.text.replace('smooth_quant: false, ', '') };
  await expect(WhatIf.open({ ...input, config: otherSettings }, place)).rejects.toMatchObject({
    code: 'journal-mismatch',
    details: { found: 'quantization.recipes.smoothQuant' },
  });
  const whatIf = await WhatIf.open(input, place);
  const base = moveBase(record)!;
  const ops = int8Ops(base.config);
  const forecasts = [];
  for (const kept of [ops, ops.slice(0, 1)]) forecasts.push(await whatIf.forecast({ kind: 'keep-float', ops: kept }));
  const [allFloat, oneFloat] = forecasts;
  expect(allFloat).toMatchObject({ samples: 128, isTimed: true });
  // The same kernels as float: a basic session has no cost table, so the model has run.
  expect(allFloat!.latencyRatio).toBeGreaterThan(0.3);
  expect(allFloat!.latencyRatio).toBeLessThan(3);
  // Without int8 compute only the stored weights differ from float.
  expect(Math.abs(allFloat!.difference.mean)).toBeLessThan(0.02);
  await expect(whatIf.forecast({ kind: 'keep-float', ops: ['no such op'] })).rejects.toMatchObject({ code: 'usage' });
  expect(await store.load()).toEqual(before);

  const { record: after } = await tune({ ...input, move: { kind: 'keep-float', ops: ops.slice(0, 1) } }, place);
  const trial = after.trials.at(-1)!;
  expect(trial.sizeBytes).toBe(oneFloat!.sizeBytes);
  const real = trial.score! - after.baseline!.baseline.score;
  expect(Math.abs(real - oneFloat!.difference.mean)).toBeLessThan(2 * oneFloat!.difference.halfWidth + 0.03);
});

it('turns a float op to int8 too, with the ranges of the session', async () => {
  const store = new MemoryStore();
  const place = {
    ...platform,
    control: new ManualControl(),
    store,
    startedAt: '2026-01-02T03:04:05Z',
    emit: () => undefined,
  };
  // Its first trial turns one kind of op to int8 and leaves the rest float.
  const text = CONFIG.text
    .replace('basic', 'conservative')
    .replace('quantization: {', 'quantization: {optype_wise: {Gemm: {weight: {dtype: [int8, fp32]}}}, ');
  const input = { ...inputs, config: { ...CONFIG, text } };
  const { record, offer } = await tune(input, place);
  const base = moveBase(record)!;
  const before = int8Ops(base.config);
  const { int8: able, unranged } = offer!.choices!;
  // Ops that nobody asked for have no ranges: the first Conv does not pay.
  expect(unranged).toContain('/c1/Conv');
  expect(able).not.toContain('/c1/Conv');
  const [raised] = able.filter((op) => !before.includes(op)) as [string];
  const whatIf = await WhatIf.open(input, place);
  const none = await whatIf.forecast({ kind: 'precisions', float: before, int8: [] });
  const swapped = await whatIf.forecast({ kind: 'precisions', float: before, int8: [raised] });
  expect(swapped.sizeBytes).not.toBe(none.sizeBytes);
  expect(swapped.seconds).toBeLessThan(2);
  const again = { kind: 'precisions', float: [], int8: before.slice(0, 1) } as const;
  await expect(whatIf.forecast(again)).rejects.toMatchObject({ code: 'usage' });
  await expect(whatIf.forecast({ ...again, int8: ['no such op'] })).rejects.toMatchObject({ code: 'usage' });
  await expect(whatIf.forecast({ ...again, int8: [] })).rejects.toMatchObject({ code: 'usage' });

  const move = { kind: 'precisions', float: [], int8: [raised] } as const;
  const foretold = await whatIf.forecast(move);
  const { record: after } = await tune({ ...input, move }, place);
  const trial = after.trials.at(-1)!;
  expect(trial).toMatchObject({ byHand: true, stage: `in int8 by you: ${raised}`, sizeBytes: foretold.sizeBytes });
  expect(int8Ops(trial.config).sort()).toEqual([...before, raised].sort());
  const real = trial.score! - after.baseline!.baseline.score;
  expect(Math.abs(real - foretold.difference.mean)).toBeLessThan(2 * foretold.difference.halfWidth + 0.03);
});
