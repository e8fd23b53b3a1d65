import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import type { Recipe } from '../../src/history/recipe.ts';
import type { SessionHeader, SessionOutcome } from '../../src/history/session-record.ts';
import { shareLink } from '../../src/history/share-link.ts';
import type { TuneReport } from '../../src/history/tune-report.ts';
import { expectRefused, file, lastLine, LENET, octet, scratch, start, tuneArguments, type Ended } from './octet.ts';
import { configWith, expectSameRun, historyOf, modelOf, RESULTS, UNREACHABLE } from './results.ts';
import { smallConfig, smallData, smallModel } from './small-model.ts';

const SAMPLES = 300;

/** A tuning that meets its criterion, twice. */
const [first, second] = [scratch(), scratch()];
/** One that takes the first int8 config, whatever its score. */
const forced = scratch();
/** One whose criterion nothing meets. */
const missed = scratch();
let ended: Record<'first' | 'second' | 'forced' | 'missed', Ended>;

beforeAll(async () => {
  const performanceOnly = configWith(['max_trials: 12', 'max_trials: 12\n    performance_only: true']);
  ended = {
    // As users run it; the others do without the optimizing compiler.
    first: await start(tuneArguments(first), undefined, []).ended,
    second: await octet(...tuneArguments(second), '--json'),
    forced: await octet(...tuneArguments(forced, { config: performanceOnly }), '--seed', '7'),
    missed: await octet(...tuneArguments(missed, { config: configWith(UNREACHABLE) })),
  };
}, 180_000);

describe('octet tune', () => {
  it('ends with 0 where the criterion is met, and writes all results', () => {
    expect(ended.first).toMatchObject({ code: 0, stdout: expect.stringContaining('meets the accuracy criterion') });
    expect(readdirSync(first)).toEqual(RESULTS);
  });

  it('ends with 3 where it is missed, with the best model written all the same', () => {
    expect(ended.missed.code).toBe(3);
    expect(readdirSync(missed)).toEqual(RESULTS);
    const { trials, best, met } = historyOf(missed);
    const scores = trials.map(({ score }) => score ?? -Infinity);
    expect(met).toBe(false);
    expect(trials.find(({ number }) => number === best)?.score).toBe(Math.max(...scores));
  });

  it('writes a history that is consistent', async () => {
    const history = historyOf(first);
    expect(history).toMatchObject({
      format: 'octet-history/1',
      octet: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      runtime: { provider: 'wasm', version: expect.any(String), threads: 1 },
      model: { name: 'model.onnx', sha256: await sha256(readFileSync(LENET.model)), sizeBytes: 46_223 },
      data: { calibration: { samples: 100 }, evaluation: { samples: SAMPLES } },
      config: { tuning: { randomSeed: 9527, accuracyCriterion: { kind: 'relative', tolerance: 0.01 } } },
      baseline: { score: 0.86, sizeBytes: 46_223 },
      probes: { samplesEvaluated: expect.any(Number), seconds: expect.any(Number) },
      met: true,
      stopReason: expect.stringMatching(/^(criterion-met|max-trials|space-exhausted)$/),
    });
    expect(history.trials.map(({ number }) => number)).toEqual(history.trials.map((_, i) => i));
    for (const { status, samplesEvaluated, met, score } of history.trials) {
      // What misses may end early; what meets is run in full.
      expect(status).toBe(samplesEvaluated === SAMPLES ? 'complete' : 'pruned');
      if (met) expect(samplesEvaluated).toBe(SAMPLES);
      expect(met).toBe(score! >= 0.86 * 0.99);
    }
    const offered = history.trials.find(({ number }) => number === history.best)!;
    expect(offered.met).toBe(true);
    expect(offered.modelSha256).toBe(await sha256(modelOf(first)));
    expect(offered.sizeBytes).toBe(modelOf(first).length);
    const { total, ...parts } = history.seconds;
    expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(total * 1.001);
  });

  it('tells which samples and classes the offered model changes', () => {
    const { evidence, trials, best, baseline } = historyOf(forced);
    const offered = trials.find(({ number }) => number === best)!;
    const { classes, worse, better, changes, latency } = evidence!;
    const sum = (of: (each: (typeof classes)[number]) => number): number =>
      classes.reduce((total, each) => total + of(each), 0);
    expect(sum(({ samples }) => samples)).toBe(SAMPLES);
    expect(sum((each) => each.samples * each.offered) / SAMPLES).toBeCloseTo(offered.score!);
    expect(sum((each) => each.samples * each.float) / SAMPLES).toBeCloseTo(baseline!.score);
    expect((better - worse) / SAMPLES).toBeCloseTo(offered.score! - baseline!.score);
    expect(worse).toBeGreaterThan(0);
    expect(changes).toHaveLength(Math.min(24, worse) + Math.min(12, better));
    for (const { label, float, offered: said } of changes)
      expect((float.class === label) !== (said.class === label)).toBe(true);
    expect(latency?.float.counts.length).toBe(latency?.offered.counts.length);
    expect(evidence!.decidedOtherwise).toBeGreaterThanOrEqual(worse + better);
    expect(readFileSync(join(forced, 'report.html'), 'utf8').match(/src="data:image\/png;base64/g)).toHaveLength(
      changes.length,
    );
  });

  it('scores as octet evaluate does', async () => {
    for (const folder of [first, forced]) {
      const args = ['evaluate', join(folder, 'model.int8.onnx'), '--evaluation', LENET.evaluation];
      const scored = await octet(...args, '--config', LENET.config, '--json');
      const { trials, best } = historyOf(folder);
      const { score, sizeBytes } = trials.find(({ number }) => number === best)!;
      expect(lastLine(scored.stdout)).toMatchObject({
        type: 'result',
        metric: 'topk',
        samples: SAMPLES,
        score,
        sizeBytes,
      });
    }
  });

  it('prints one JSON object per event with --json, the history last', () => {
    const lines = ended.second.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    const types = lines.map(({ type }) => type);
    const { trials } = historyOf(second);
    expect(types.filter((type) => type === 'trial')).toHaveLength(trials.length);
    expect(new Set(types)).toEqual(new Set(['stage', 'opened', 'baseline', 'trial', 'warning', 'progress', 'result']));
    expect(lines.at(-1)).toEqual({ type: 'result', ...historyOf(second) });
    expect(ended.second.stderr).toBe('');
  });

  it('decides the same every time', () => {
    expectSameRun(second, first);
  });

  it('writes a report that loads nothing and tells of every trial', () => {
    const report = readFileSync(join(first, 'report.html'), 'utf8');
    expect(report).toMatch(/^<!doctype html>/);
    expect(report).not.toMatch(/<script|<link|src="(?!data:image\/png)|url\(/);
    const { model, data, trials } = historyOf(first);
    for (const { sha256: hash } of [model, data.calibration, data.evaluation]) expect(report).toContain(hash);
    for (const { score } of trials) expect(report).toContain(score!.toFixed(4));
  });

  it('takes the seed from --seed', () => {
    expect(historyOf(forced).config.tuning.randomSeed).toBe(7);
  });
});

describe.concurrent('octet quantize', { timeout: 120_000 }, () => {
  it('makes the same model from tune-config.yaml', async () => {
    for (const folder of [first, forced]) {
      const output = join(scratch(), 'q.onnx');
      const flags = ['--calibration', LENET.calibration, '--config', join(folder, 'tune-config.yaml')];
      const made = await octet('quantize', LENET.model, ...flags, '--output', output);
      expect(made.code).toBe(0);
      expect(made.stderr).not.toContain('warning');
      expect(readFileSync(output).equals(modelOf(folder))).toBe(true);
    }
  });

  it('treats calibration data as octet tune does, with the transforms of the evaluation', async () => {
    const [output, made] = [scratch(), join(scratch(), 'q.onnx')];
    const config = smallConfig(
      'evaluation: {accuracy: {metric: {topk: 1}, dataloader: {transform: {Rescale: {}}}}}\ntuning: {strategy: {name: basic}, exit_policy: {performance_only: true}}\n',
    );
    const raw = await smallData({ isRaw: true });
    const model = file('model.onnx', smallModel());
    const tuned = await octet(...tuneArguments(output, { model, calibration: raw, evaluation: raw, config }));
    expect([0, 3]).toContain(tuned.code);
    expect(historyOf(output).best).toBe(1);
    const pinned = join(output, 'tune-config.yaml');
    await octet('quantize', model, '--calibration', raw, '--config', pinned, '--output', made);
    expect(readFileSync(made).equals(modelOf(output))).toBe(true);
  });

  it('asks for calibration data where it needs them', async () => {
    const output = join(scratch(), 'q.onnx');
    expectRefused(await octet('quantize', LENET.model, '--output', output), 'usage', ['--calibration']);
    expect(existsSync(output)).toBe(false);
  });
});

/** The report of a run, from what it has written. */
function reportOf(folder: string): TuneReport {
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const find = <T>(name: string): T => steps.find((step) => name in step)![name] as T;
  const { trials } = historyOf(folder);
  const outcome = find<SessionOutcome>('outcome');
  const recipe = JSON.parse(readFileSync(join(folder, 'recipe.json'), 'utf8')) as Recipe;
  const yaml = readFileSync(join(folder, 'tune-config.yaml'), 'utf8');
  return {
    record: {
      header: find<SessionHeader>('header'),
      baseline: find('baseline'),
      ranges: {},
      trials,
      probes: {},
      notes: {},
      outcome,
    },
    explanation: 'as told',
    offer: { trial: outcome.best!, model: modelOf(folder), ops: [], yaml, recipe },
  };
}

async function linkOf(report: TuneReport): Promise<{ hash: string; carriesRecipe: boolean }> {
  const { hash, carriesRecipe } = await shareLink(report);
  return { hash: hash ?? 'too long', carriesRecipe };
}

describe.concurrent('octet replay', { timeout: 120_000 }, () => {
  it('makes the same model from the recipe, and from a link', async () => {
    for (const folder of [first, forced]) {
      const { hash, carriesRecipe } = await linkOf(reportOf(folder));
      expect(carriesRecipe).toBe(true);
      const sources =
        folder === first ? [hash] : [join(folder, 'recipe.json'), `https://octet.example/app/?a=b${hash}`];
      for (const source of sources) {
        const output = join(scratch(), 'deep', 'replayed.onnx');
        const replayed = await octet('replay', source, LENET.model, '--output', output);
        expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining(await sha256(modelOf(folder))) });
        expect(readFileSync(output).equals(modelOf(folder))).toBe(true);
      }
    }
  });

  it('asks for the recipe where a link does not hold it', async () => {
    const report = reportOf(first);
    const { hash } = await linkOf({ ...report, offer: null });
    const output = join(scratch(), 'r.onnx');
    expectRefused(await octet('replay', hash, LENET.model, '--output', output), 'link-unreadable', ['recipe file']);
    expect(existsSync(output)).toBe(false);
  });

  it('refuses another model, cut-off links and what is no recipe', async () => {
    const output = join(scratch(), 'r.onnx');
    const replay = (source: string, model = LENET.model) => octet('replay', source, model, '--output', output);
    const recipe = join(first, 'recipe.json');
    const { hash } = await linkOf(reportOf(first));
    expectRefused(await replay(recipe, file('model.onnx', smallModel())), 'model-mismatch', ['SHA-256']);
    expectRefused(await replay(hash.slice(0, hash.length / 2)), 'link-unreadable');
    expectRefused(await replay('https://octet.example/'), 'link-unreadable');
    expectRefused(await replay(join(first, 'history.json')), 'recipe-unreadable', ['history.json']);
    expectRefused(await replay(file('recipe.json', '{')), 'recipe-unreadable');
    expectRefused(await replay(join(first, 'none.json')), 'file-unreadable');
    const altered = readFileSync(recipe, 'utf8').replace(/"weightStorage":"\w+"/, '"weightStorage":"float32"');
    expectRefused(await replay(file('recipe.json', altered)), 'model-mismatch');
    expect(existsSync(output)).toBe(false);
  });
});

describe.concurrent('interrupts', { timeout: 120_000 }, () => {
  const args = (output: string) => tuneArguments(output, { config: configWith(UNREACHABLE) });

  it('SIGINT ends softly with the best so far, and --resume goes on to the same end', async () => {
    const output = scratch();
    let asked = false;
    const running = start(args(output), (text) => {
      if (!asked && text.includes('trial 1 ')) running.kill('SIGINT');
      asked ||= text.includes('trial 1 ');
    });
    const stopped = await running.ended;
    expect(stopped.code).toBe(3);
    expect(readdirSync(output)).toEqual(RESULTS);
    const { stopReason, trials, best } = historyOf(output);
    expect(stopReason).toBe('stopped');
    expect(trials.length).toBeLessThan(historyOf(missed).trials.length);
    expect(trials[best!]!.modelSha256).toBe(await sha256(modelOf(output)));
    expect((await octet(...args(output), '--resume')).code).toBe(3);
    expectSameRun(output, missed);
  });

  it('a second SIGINT ends at once', async () => {
    const output = scratch();
    const running = start(args(output), (text) => {
      if (text.includes('Scoring')) running.kill('SIGINT');
    });
    expect((await running.ended).code).toBe(130);
    expect(existsSync(join(output, 'history.json'))).toBe(false);
  });
});
