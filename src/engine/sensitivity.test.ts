import { beforeAll, describe, expect, it } from 'vitest';
import { historyDocument } from '../history/history-document.ts';
import { int8Ops, moveBase } from '../history/move-base.ts';
import { reportHtml } from '../history/report-html.ts';
import { sensitivityOf } from '../history/sensitivity.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { ManualControl } from './control.ts';
import type { TuneEvent } from './events.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';
import type { TuneInput } from './tune-input.ts';

/** Every op in int8, nothing repaired: the scores of unequal channels collapse, so that the search ends with a miss. */
const YAML = `
model: {framework: onnxrt_qdq}
quantization:
  model_wise:
    weight: {dtype: int8, granularity: per_channel}
    activation: {dtype: uint8, algorithm: minmax}
  recipes: {smooth_quant: false, equalization: false, fast_bias_correction: false, weight_clip: false}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning: {strategy: {name: basic}, objective: modelsize, exit_policy: {max_trials: 1}}
`;
const CONFIG = { text: YAML, fileName: 'tune.yaml' };

/** `record`: a session that is continued. */
function session(config = CONFIG, record: SessionRecord | null = null) {
  const store = new MemoryStore(record);
  let events: TuneEvent[] = [];
  const run = async (more: Partial<TuneInput> = {}, control = new ManualControl()) => {
    events = [];
    const emit = (event: TuneEvent): void => void events.push(event);
    return tune(
      { ...inputs, config, ...more },
      { ...platform, control, store, startedAt: '2026-01-02T03:04:05Z', emit },
    );
  };
  const stored = async (): Promise<SessionRecord> => (await store.load()) as SessionRecord;
  return { run, stored, events: () => events };
}

/** The search has ended; what users do after it is what these tests are about. */
let ended: SessionRecord;
beforeAll(async () => {
  const { run, stored } = session();
  await run();
  ended = await stored();
}, 60_000);
const endedSession = (): ReturnType<typeof session> => session(CONFIG, ended);

describe('sensitivity', () => {
  it('is measured after the search, most harmful first, and stored; a second request runs nothing', async () => {
    const { run, stored, events } = endedSession();
    expect(sensitivityOf((await run()).record)).toBeNull();
    const before = await stored();
    const { record } = await run({ sensitivity: true });
    const found = sensitivityOf(record)!;
    expect(found).toMatchObject({ trial: 1, measure: 'kl', samples: 32 });
    const int8 = int8Ops(record.trials[1]!.config);
    const divergences = found.ops.map(({ divergence }) => divergence!);
    expect(found.ops.length).toBeGreaterThanOrEqual(3);
    expect(found.ops.every(({ op, opType }) => int8.includes(op) && opType !== '')).toBe(true);
    expect(divergences).toEqual(divergences.toSorted((a, b) => b - a));
    expect(divergences[0]).toBeGreaterThan(10 * divergences.at(-1)!);
    for (const { weightSqnrDb, tensorError } of found.ops) {
      expect(weightSqnrDb).toBeGreaterThan(10);
      expect(tensorError).toBeGreaterThan(0);
    }
    const shares = events().flatMap((event) => (event.type === 'progress' && event.share === 1 ? [event.detail] : []));
    expect(shares).toContain('Measuring the sensitivity of each op');
    expect(record.trials).toEqual(before.trials);
    expect(record.outcome).toMatchObject({ best: before.outcome!.best, stopReason: before.outcome!.stopReason });

    const probes = (await stored()).probes;
    expect(Object.keys(probes).length).toBe(Object.keys(before.probes).length + found.ops.length + 1);
    const again = await run({ sensitivity: true });
    expect(sensitivityOf(again.record)).toEqual(found);
    expect((await stored()).probes).toEqual(probes);
    expect(
      events()
        .filter((event) => event.type === 'stage')
        .map(({ detail }) => detail),
    ).not.toContain('Measuring the sensitivity of each op');
    expect(historyDocument(again.record).sensitivity).toEqual(found);
    expect(reportHtml(again)).toContain('<h2 id="sensitivity">Sensitivity</h2>');
  });

  it('ends where the user stops it, the session as it was, and goes on from the probes that were done', async () => {
    const { run, stored, events } = endedSession();
    const control = new ManualControl();
    const stopping = run(
      { sensitivity: true },
      Object.assign(control, {
        waitIfPaused: async () => {
          if (Object.keys((await stored()).probes).length >= 2) control.stop();
        },
      }),
    );
    expect(sensitivityOf((await stopping).record)).toBeNull();
    const { probes, outcome, notes } = await stored();
    expect([Object.keys(probes).length, notes['sensitivity'], outcome?.stopReason]).toEqual([
      2,
      undefined,
      'max-trials',
    ]);
    expect(sensitivityOf((await run({ sensitivity: true })).record)!.ops.length).toBeGreaterThanOrEqual(3);
    expect((await stored()).probes).toMatchObject(probes);
    expect(events().length).toBeGreaterThan(0);
  });
});

describe('diagnosis', () => {
  it('names unequal channels, and its move gives the accuracy back', async () => {
    const { run } = endedSession();
    const first = await run({ sensitivity: true });
    const [finding] = sensitivityOf(first.record)!.findings!;
    expect(finding).toMatchObject({ kind: 'unequal-weights', move: { kind: 'equalization' } });
    expect(finding!.share).toBeGreaterThan(0.5);
    expect(reportHtml(first)).toContain('Unequal weight channels');
    const base = moveBase(first.record)!;
    const { record } = await run({ move: finding!.move! });
    const added = record.trials.at(-1)!;
    expect(added).toMatchObject({ byHand: true, stage: 'equalization by you', config: { equalization: true } });
    expect(added.score).toBeGreaterThan(base.score! + 0.05);
  });
});

describe('keep float', () => {
  it('adds a trial with the op in float, evaluated in full, and judges anew', async () => {
    const { run, stored } = endedSession();
    const first = await run({ sensitivity: true });
    const base = moveBase(first.record)!;
    const { op } = sensitivityOf(first.record)!.ops[0]!;
    const { record, explanation, offer } = await run({ move: { kind: 'keep-float', ops: [op] } });
    expect(record.trials).toHaveLength(first.record.trials.length + 1);
    const added = record.trials.at(-1)!;
    expect(added).toMatchObject({
      number: first.record.trials.length,
      stage: `kept float by you: ${op}`,
      byHand: true,
      status: 'complete',
      samplesEvaluated: record.baseline!.baseline.samples,
    });
    expect(added.config.ops[op]).toBe('fp32');
    expect(int8Ops(added.config)).toEqual(int8Ops(base.config).filter((name) => name !== op));
    expect(added.score).toBeGreaterThan(base.score!);
    expect(explanation).toContain('1 trial by you after the search');
    expect(explanation).toContain('Stopped after 1 trial, the most that are allowed');
    expect(record.outcome!.stopReason).toBe('max-trials');
    expect(offer?.trial).toBe(record.outcome!.best);
    expect(await stored()).toEqual(record);

    // A session with a trial by hand opens as before, and the strategy is not asked again.
    const opened = await run();
    expect(opened.record.trials).toEqual(record.trials);
    expect(opened.explanation).toBe(explanation);
    expect(opened.offer!.model).toEqual(offer!.model);
  });

  it('is offered where it is now the best: the report is rebuilt and stored', async () => {
    const loose = YAML.replace('objective:', 'accuracy_criterion: {relative: 0.05}, objective:');
    const text = loose.replace('recipes: {', 'recipes: {weight_storage: float32, ');
    const { run, stored } = session({ text, fileName: 'tune.yaml' });
    const first = await run({ sensitivity: true });
    expect(first.record.outcome!.best).toBe(0);
    const [worst] = sensitivityOf(first.record)!.ops;
    const { record, offer, explanation } = await run({ move: { kind: 'keep-float', ops: [worst!.op] } });
    const added = record.trials.at(-1)!;
    expect(added.sizeBytes).toBeLessThan(record.trials[0]!.sizeBytes!);
    expect(record.outcome).toMatchObject({ best: added.number, met: true });
    expect((await stored()).outcome).toEqual(record.outcome);
    expect(explanation).toMatch(/trial 2 meets the accuracy criterion .*is offered/);
    expect(offer).toMatchObject({ trial: added.number, recipe: { int8Sha256: added.modelSha256 } });
    expect(offer!.ops.find(({ name }) => name === worst!.op)!.precision).not.toBe('int8');
  });

  it('hands back what was tried before, and adds nothing', async () => {
    const { run } = endedSession();
    const { record } = await run();
    const all = int8Ops(moveBase(record)!.config);
    const compact = await run({ move: { kind: 'keep-float', ops: all } });
    expect(compact.record.trials).toEqual(record.trials);
    expect(compact.record.outcome!.best).toBe(record.outcome!.best);
  });

  it('is refused where the search has not ended, and for ops that are not in int8', async () => {
    const early = session().run({ move: { kind: 'keep-float', ops: ['any'] } });
    await expect(early).rejects.toMatchObject({ code: 'usage' });
    const { run } = endedSession();
    await expect(run({ move: { kind: 'keep-float', ops: ['no such op'] } })).rejects.toMatchObject({ code: 'usage' });
    await expect(run({ move: { kind: 'keep-float', ops: [] } })).rejects.toMatchObject({ code: 'usage' });
  });
});
