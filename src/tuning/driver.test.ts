import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { FaultCode } from '../base/fault-codes.ts';
import { stopReasonText } from './explain.ts';
import { both, letters, op, option, reference, rig, scoreOf, settingsOf, simulation } from './testing/simulation.ts';
import type { Trial, TuneConfig, TuneStrategy, TuningSpace } from './types.ts';

const FULL_SEARCH = 'tuning: {accuracy_criterion: {absolute: -1}, exit_policy: {max_trials: 100}}';
const trace = (trials: readonly Trial[]): string[] =>
  trials.map(({ number, config, score }) => `${number} ${letters(config)} ${score}`);

describe('basic', () => {
  it('follows the reference trace, with its faults mended', async () => {
    const result = await rig(FULL_SEARCH).run();
    expect(trace(result.trials)).toEqual([
      '0 ffff 0.8',
      '1 cctc 0.754',
      '2 tttt 0.7468',
      '3 cctt 0.748',
      '4 tttc 0.7528',
      '5 cctf 0.784',
      '6 ccfc 0.764',
      '7 cftc 0.759',
      '8 fctc 0.755',
      // fc alone is trial 5 again, with its own 0.784; so fc is kept and the rest follows.
      '9 ccff 0.794',
      '10 cfff 0.799',
      // All in float is trial 0 again; the last pass has nothing new.
    ]);
    expect(result.stopReason).toBe('space-exhausted');
    expect(result.trials.map(({ stage }) => stage)).toEqual([
      'weight storage',
      ...Array(4).fill('model-wise'),
      ...Array(4).fill('one-by-one fallback'),
      ...Array(2).fill('greedy fallback'),
    ]);
  });

  it('undoes a fallback that does not help, and then accumulates without undoing', async () => {
    // add and fc must not both be float.
    const score = (config: TuneConfig): number => scoreOf(config) - (letters(config).endsWith('ff') ? 0.05 : 0);
    const result = await rig(FULL_SEARCH, { score }).run();
    expect(result.trials.slice(9).map(({ stage, config }) => `${stage} ${letters(config)}`)).toEqual([
      'greedy fallback ccff',
      'greedy fallback cftf',
      'greedy fallback fftf',
      'accumulated fallback cfff',
    ]);
  });

  it('starts the fallback from the best sampling size', async () => {
    const space = { ...reference, samplingSizes: [100, 20] };
    const score = (config: TuneConfig): number => scoreOf(config) + (config.samplingSize === 20 ? 0.001 : 0);
    const { trials } = await rig(FULL_SEARCH, { score }, [], space).run();
    expect(trials.slice(1, 9).map(({ config }) => config.samplingSize)).toEqual([100, 100, 100, 100, 20, 20, 20, 20]);
    expect(new Set(trials.slice(9).map(({ config }) => config.samplingSize))).toEqual(new Set([20]));
  });

  it('leaves half of the trials to the fallback', async () => {
    const made = rig('tuning: {accuracy_criterion: {absolute: -1}, exit_policy: {max_trials: 6}}');
    const { trials, stopReason } = await made.run();
    expect(trials.map(({ stage }) => stage).slice(1)).toEqual([
      ...Array(3).fill('model-wise'),
      ...Array(3).fill('one-by-one fallback'),
    ]);
    expect(stopReason).toBe('max-trials');
    expect(made.warnings.map(({ code }) => code)).toEqual(['strategy-capped']);
  });

  it('keeps ops in int8 that must not be float, and leaves glue to its neighbours', async () => {
    const ops = [
      op('conv1', 'Conv', both, { float: false }),
      op('add', 'Add', [option('per_tensor')], { glue: true }),
      op('fc', 'MatMul', both),
    ];
    const space = { ...reference, ops };
    const { trials } = await rig(FULL_SEARCH, {}, [], space).run();
    expect(trials.map(({ config }) => letters(config, space))).toEqual(['fff', 'ctc', 'ttt', 'ctt', 'ttc', 'ctf']);
  });

  it('ends at once where nothing can be int8', async () => {
    const space = { ...reference, ops: [op('softmax', 'Softmax', [])] };
    const result = await rig(FULL_SEARCH, {}, [], space).run();
    expect(result).toMatchObject({ stopReason: 'space-exhausted', trials: [{ number: 0 }] });
  });
});

describe('stop rules', () => {
  it('ends at the first trial of the strategy that meets the criterion', async () => {
    const made = rig('tuning: {accuracy_criterion: {absolute: 0.02}}');
    const result = await made.run();
    expect(result).toMatchObject({ stopReason: 'criterion-met', met: true, best: { number: 5 } });
    expect(result.trials).toHaveLength(6);
    expect(result.trials.map(({ latencyRatio }) => latencyRatio)).toEqual([0.8, null, null, null, null, 0.8]);
  });

  it('goes on past a trial that is accurate but slower than float, unless speed does not matter', async () => {
    const ratio = (config: TuneConfig): number => (letters(config) === 'cctc' ? 1.5 : 0.9);
    const yaml = (more: string): string => `tuning: {accuracy_criterion: {absolute: 0.05}${more}}`;
    expect(await rig(yaml(''), { ratio }).run()).toMatchObject({
      stopReason: 'criterion-met',
      trials: { length: 5 },
      best: { number: 4 },
    });
    expect(await rig(yaml(', objective: modelsize'), { ratio }).run()).toMatchObject({
      trials: { length: 2 },
      best: { number: 1 },
    });
  });

  it('recommends float where all that is accurate is slower, which a compact model never is', async () => {
    const yaml = 'tuning: {accuracy_criterion: {absolute: 0.1}}';
    const ratio = (): number => 1.5;
    const score = (config: TuneConfig): number => (Object.keys(config.ops).length === 0 ? 0.5 : scoreOf(config));
    const slow = await rig(yaml, { ratio, score }).run();
    expect(slow).toMatchObject({ stopReason: 'float-recommended', met: true });
    const compact = await rig(yaml, { ratio }).run();
    expect(compact).toMatchObject({ stopReason: 'space-exhausted', met: true, best: { number: 0 } });
  });

  it('ends after max_trials, offering the nearest miss', async () => {
    const result = await rig('tuning: {accuracy_criterion: {relative: -0.5}, exit_policy: {max_trials: 5}}').run();
    expect(result).toMatchObject({ stopReason: 'max-trials', met: false, trials: { length: 6 } });
    expect(result.best).toBe(result.nearestMiss);
    expect(result.best?.number).toBe(0);
  });

  it('uses a time budget up, the baseline included, and does not end at the first success', async () => {
    const result = await rig('tuning: {accuracy_criterion: {absolute: 1}, exit_policy: {timeout: 7}}').run();
    expect(result).toMatchObject({ stopReason: 'timeout', met: true, seconds: 7, trials: { length: 4 } });
  });

  it('does not count paused time', async () => {
    const made = rig('tuning: {accuracy_criterion: {absolute: 1}, exit_policy: {timeout: 7}}');
    const result = await made.run({
      waitIfPaused: () => {
        made.timeMs += 10_000;
        return Promise.resolve();
      },
    });
    expect(result).toMatchObject({ stopReason: 'timeout', seconds: 7, trials: { length: 4 } });
  });

  it('takes the first config and ends where performance_only asks', async () => {
    const result = await rig('tuning: {exit_policy: {performance_only: true}}').run();
    expect(result).toMatchObject({ stopReason: 'max-trials', met: false, best: { number: 1 }, trials: { length: 2 } });
  });

  it('stores weights in float16 where 8 bits miss the criterion, which ends no search and costs no trial', async () => {
    const space: TuningSpace = { ...reference, weightStorage: 'auto' };
    const score = (config: TuneConfig): number => scoreOf(config) - (config.weightStorage === 'float16' ? 0 : 0.05);
    const yaml = 'tuning: {exit_policy: {max_trials: 2}}';
    const result = await rig(yaml, { score }, [], space).run();
    expect(result.trials.map(({ met }) => met)).toEqual([false, true, false, false]);
    expect(result.trials[1]?.stage).toBe('weight storage, float16');
    expect(result).toMatchObject({ best: { number: 1 }, met: true, stopReason: 'max-trials' });
  });

  it('tries SmoothQuant right after the first config, and forces it where the configuration does', async () => {
    const score = (config: TuneConfig): number => (config.smoothQuant === 0.5 ? 0.8 : 0.5);
    const tried = { ...reference, smoothQuant: [0.5] };
    const found = await rig('tuning: {random_seed: 1}', { score }, [], tried).run();
    expect(found.trials.map(({ stage }) => stage)).toEqual(['weight storage', 'model-wise', 'SmoothQuant']);
    expect(found).toMatchObject({ best: { number: 2, config: { smoothQuant: 0.5 } }, stopReason: 'criterion-met' });
    const forced = await rig('tuning: {random_seed: 1}', { score }, [], { ...tried, smoothAlways: true }).run();
    expect(forced).toMatchObject({ best: { number: 1, stage: 'model-wise', config: { smoothQuant: 0.5 } } });
  });

  it('tries equalization before SmoothQuant, and both together, or forces it', async () => {
    const score = ({ equalization, smoothQuant }: TuneConfig): number =>
      0.4 + (equalization ? 0.2 : 0) + (smoothQuant === undefined ? 0 : 0.1);
    const recipes = { ...reference.recipes, equalization: 'offered' } as const;
    const tried = { ...reference, smoothQuant: [0.5], recipes, ops: reference.ops.slice(2) };
    const found = await rig('tuning: {random_seed: 1}', { score }, [], tried).run();
    const stages = found.trials.map(({ stage }) => stage);
    expect(stages.slice(1, 4)).toEqual(['model-wise', 'equalization', 'SmoothQuant']);
    const both = found.trials.find(({ config }) => config.equalization && config.smoothQuant === 0.5);
    expect(both?.stage).toBe('SmoothQuant');
    const always = { ...tried, recipes: { ...recipes, equalization: 'always' } } as const;
    const forced = await rig('tuning: {random_seed: 1}', { score }, [], always).run();
    const int8 = forced.trials.filter(({ config }) => Object.values(config.ops).some((op) => op !== 'fp32'));
    expect(int8.every(({ config }) => config.equalization)).toBe(true);
  });

  it('ends between steps when the user stops', async () => {
    const controller = new AbortController();
    const made = rig(FULL_SEARCH);
    const result = await made.run({
      signal: controller.signal,
      onTrial: ({ number }) => number === 3 && controller.abort(),
    });
    expect(result).toMatchObject({ stopReason: 'stopped', trials: { length: 4 }, best: { number: 0 } });
    expect(made.journal.kept).toHaveLength(4);
  });

  it('ends when the runner gives up because the user stops, and loses only the trial in flight', async () => {
    const controller = new AbortController();
    const fail = (config: TuneConfig): FaultCode | undefined => {
      if (letters(config) !== 'cctt') return undefined;
      controller.abort();
      return 'cancelled';
    };
    const made = rig(FULL_SEARCH, { fail });
    expect(await made.run({ signal: controller.signal })).toMatchObject({
      stopReason: 'stopped',
      trials: { length: 3 },
    });
    expect(made.journal.kept).toHaveLength(3);
  });

  it('explains every end in one sentence', async () => {
    const { exitPolicy } = settingsOf(FULL_SEARCH).tuning;
    const result = await rig(FULL_SEARCH).run();
    expect(stopReasonText(result, exitPolicy)).toBe(
      'The strategy has nothing left to try after the compact model and 10 trials; no model meets the accuracy criterion, the compact model (trial 0) comes closest.',
    );
    for (const stopReason of [
      'criterion-met',
      'max-trials',
      'timeout',
      'space-exhausted',
      'stopped',
      'float-recommended',
    ] as const) {
      expect(stopReasonText({ ...result, stopReason }, exitPolicy)).toMatch(/^[A-Z][^.]*\.$/);
    }
  });

  it('does not say that nothing meets the criterion where the forced config alone misses it', async () => {
    const { exitPolicy } = settingsOf(FULL_SEARCH).tuning;
    const result = await rig(FULL_SEARCH).run();
    const trials = result.trials.map((trial, i) => ({ ...trial, met: i === 0 }));
    expect(stopReasonText({ ...result, trials, best: trials[1]!, met: false }, exitPolicy)).toContain(
      'trial 1 misses the accuracy criterion and is offered all the same',
    );
  });
});

describe('duplicates and failures', () => {
  it('hands back the result of the same model bytes at no cost', async () => {
    // Granularity makes no difference to the bytes: as below opset 13.
    const bytes = (config: TuneConfig): string => letters(config).replaceAll('t', 'c');
    const made = rig('tuning: {accuracy_criterion: {absolute: -1}, exit_policy: {max_trials: 4}}', { bytes });
    const { trials, stopReason } = await made.run();
    expect(trials.map(({ config }) => letters(config))).toEqual(['ffff', 'cctc', 'cctf', 'ccfc', 'cftc']);
    expect(stopReason).toBe('max-trials');
    expect(made.evaluated).toHaveLength(5);
    expect(made.journal.kept).toHaveLength(5);
  });

  it('gives a strategy the own result of a duplicate, under the config that it proposed', async () => {
    const received: Trial[] = [];
    const first = { ops: { fc: option('per_channel') }, weightStorage: 'int8', samplingSize: 100 } as const;
    const again = { ...first, ops: { ...first.ops, conv1: 'fp32' } } as const;
    const strategy: TuneStrategy = {
      name: 'repeats',
      help: '',
      options: {},
      async *propose({ space }) {
        const other = { ops: { conv1: option('per_channel') }, weightStorage: space.weightStorage, samplingSize: 100 };
        received.push(...(yield [first, other, again].map((config) => ({ config, stage: 'test' }))));
      },
    };
    await rig(FULL_SEARCH).run({ strategy });
    expect(received.map(({ number, score }) => [number, score])).toEqual([
      [1, 0.77],
      [2, 0.799],
      [1, 0.77],
    ]);
    expect(received[2]?.config).toEqual(again);
  });

  it('ends a strategy that only repeats itself', async () => {
    const strategy: TuneStrategy = {
      name: 'stuck',
      help: '',
      options: {},
      async *propose({ trial0 }) {
        for (;;) yield [{ config: trial0.config, stage: 'test' }];
      },
    };
    expect(await rig(FULL_SEARCH).run({ strategy })).toMatchObject({
      stopReason: 'space-exhausted',
      trials: { length: 1 },
    });
  });

  it('records a failed trial and goes on', async () => {
    const fail = (config: TuneConfig): FaultCode | undefined =>
      letters(config) === 'cctc' ? 'out-of-memory' : undefined;
    const made = rig(FULL_SEARCH, { fail });
    const { trials } = await made.run();
    expect(trials[1]).toMatchObject({
      status: 'failed',
      score: null,
      met: false,
      reason: 'Simulated. [out-of-memory]',
    });
    expect(trials.slice(2, 6).map(({ config }) => letters(config))).toEqual(['tttt', 'cctt', 'tttc', 'tttf']);
    expect(made.warnings.map(({ code }) => code)).toEqual(['trial-failed']);
    expect(await rig(FULL_SEARCH, { fail: () => 'worker-died' }).run()).toMatchObject({ best: null, met: false });
    expect((await rig(FULL_SEARCH, { score: () => NaN }).run()).trials[0]).toMatchObject({ status: 'failed' });
  });

  it('lets faults through that say nothing about a config', async () => {
    await expect(rig(FULL_SEARCH, { fail: () => 'worker-start-failed' }).run()).rejects.toMatchObject({
      code: 'worker-start-failed',
    });
    await expect(rig(FULL_SEARCH, { fail: () => 'cancelled' }).run()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('waits for the journal before anything else happens', async () => {
    const events: string[] = [];
    const made = rig(FULL_SEARCH);
    const append = made.journal.append.bind(made.journal);
    made.journal.append = async (trial) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      events.push(`kept ${trial.number}`);
      await append(trial);
    };
    await made.run({ onTrial: ({ number }) => events.push(`told ${number}`) });
    expect(events).toEqual(Array.from({ length: 11 }, (_, i) => [`kept ${i}`, `told ${i}`]).flat());
  });
});

describe('resume', () => {
  it('gives the sequence of an undisturbed run, wherever it was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
        async (seed, cuts) => {
          const { space, simulated } = simulation(seed);
          const yaml = 'tuning: {accuracy_criterion: {absolute: 0.001}, exit_policy: {max_trials: 25}}';
          const undisturbed = await rig(yaml, simulated, [], space).run();
          let kept: readonly Trial[] = [];
          for (const cut of cuts) {
            const made = rig(yaml, simulated, kept, space);
            const append = made.journal.append.bind(made.journal);
            made.journal.append = (trial) =>
              trial.number >= cut ? Promise.reject(new Error('killed')) : append(trial);
            await made.run().catch(() => undefined);
            kept = made.journal.kept;
          }
          const last = rig(yaml, simulated, kept, space);
          const replays: boolean[] = [];
          const resumed = await last.run({ onTrial: (_, replayed) => replays.push(replayed) });
          expect(resumed.trials).toEqual(undisturbed.trials);
          expect(resumed).toMatchObject({
            stopReason: undisturbed.stopReason,
            met: undisturbed.met,
            best: undisturbed.best,
          });
          expect(replays.filter(Boolean)).toHaveLength(kept.length);
          expect(last.journal.kept).toEqual(undisturbed.trials);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('runs nothing for a session that had ended', async () => {
    const first = rig('tuning: {accuracy_criterion: {absolute: 0.02}}');
    const result = await first.run();
    const again = rig('tuning: {accuracy_criterion: {absolute: 0.02}}', {}, first.journal.kept);
    expect(await again.run()).toEqual(result);
    expect(again.evaluated).toEqual([]);
  });

  it('counts the time of earlier sessions', async () => {
    const yaml = 'tuning: {accuracy_criterion: {absolute: 1}, exit_policy: {timeout: 7}}';
    const first = rig(yaml);
    await first.run();
    const again = rig(yaml, {}, first.journal.kept.slice(0, 2));
    expect(await again.run()).toMatchObject({ stopReason: 'timeout', seconds: 7, trials: { length: 4 } });
    expect(again.evaluated).toHaveLength(2);
  });

  it('refuses a journal of another sequence', async () => {
    const first = rig(FULL_SEARCH);
    await first.run();
    const [zero, one, two] = first.journal.kept.map((trial, i, all) => ({
      ...trial,
      config: all[[0, 2, 1][i] ?? i]!.config,
    }));
    for (const kept of [[zero!, one!, two!], [{ ...zero!, number: 1 }]]) {
      await expect(rig(FULL_SEARCH, {}, kept).run()).rejects.toMatchObject({ code: 'journal-mismatch' });
    }
  });
});
