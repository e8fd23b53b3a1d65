import { expect, it } from 'vitest';
import { changedSamples, unpackChanges } from '../history/changed-samples.ts';
import { evidenceOf } from '../history/evidence.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { ManualControl } from './control.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';

const CONFIG = {
  text: `
model: {framework: onnxrt_qdq}
quantization: {recipes: {smooth_quant: false, equalization: false}}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning: {strategy: {name: basic}, accuracy_criterion: {relative: 0.3}, exit_policy: {max_trials: 2, timeout: 100}}
`,
  fileName: 'tune.yaml',
};

function place(store: MemoryStore): Parameters<typeof tune>[1] {
  return { ...platform, control: new ManualControl(), store, startedAt: '2026-01-02T03:04:05Z', emit: () => undefined };
}

it('keeps which samples each complete trial changed, in a resumed session too', async () => {
  const store = new MemoryStore();
  const input = { ...inputs, config: CONFIG };
  const { record } = await tune(input, place(store));
  const complete = record.trials.filter(({ status }) => status === 'complete');
  expect(complete.length).toBeGreaterThan(1);
  for (const { score, modelSha256 } of complete) {
    const { samples, worse, better, otherwise, packed } = changedSamples(record, modelSha256)!;
    // Every sample counts 1 or 0, so that the two counts make the difference of the scores.
    expect((better - worse) / samples).toBeCloseTo(score! - record.baseline!.baseline.score, 10);
    expect(unpackChanges(packed ?? '').size).toBe(worse + better + otherwise!);
  }
  const { worse, better, decidedOtherwise } = evidenceOf(record)!;
  const offered = record.trials.find(({ number }) => number === record.outcome!.best)!;
  const kept = changedSamples(record, offered.modelSha256)!;
  expect(kept).toMatchObject({ worse, better });
  // A wrong answer may become another wrong one: of what float says otherwise, all is kept.
  expect(kept.worse + kept.better + kept.otherwise!).toBeGreaterThanOrEqual(decidedOtherwise!);

  const early = (await store.load())!;
  const cut: SessionRecord = { ...early, trials: early.trials.slice(0, 1), outcome: null };
  const half = new MemoryStore();
  await half.begin(cut.header);
  await half.saveBaseline(cut.baseline!.baseline, cut.baseline!.values);
  for (const [size, ranges] of Object.entries(cut.ranges)) await half.saveRanges(Number(size), ranges);
  for (const [key, note] of Object.entries(cut.notes)) if (key === 'float classes') await half.saveNote(key, note);
  for (const trial of cut.trials) await half.appendTrial(trial);
  const { record: resumed } = await tune(input, place(half));
  const last = complete.at(-1)!.modelSha256;
  expect(resumed.trials.map(({ modelSha256 }) => modelSha256)).toEqual(
    record.trials.map(({ modelSha256 }) => modelSha256),
  );
  expect(changedSamples(resumed, last)).toEqual(changedSamples(record, last));
});
