import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { RecipeName } from '../../quantize/config.ts';
import { configText } from '../canonical.ts';
import { parseConfig } from '../config/parse.ts';
import type { DriveResult } from '../driver.ts';
import { letters, reference, rig, scoreOf, simulation } from '../testing/simulation.ts';
import type { Trial, TuneConfig, TuneStrategy, TuningSpace } from '../types.ts';
import { STRATEGIES } from './registry.ts';

const yaml = (name: string, criterion: string, maxTrials: number, more = ''): string =>
  `tuning: {strategy: {name: ${name}}, accuracy_criterion: {${criterion}}, exit_policy: {max_trials: ${maxTrials}}${more}}`;
const NEVER_MET = 'absolute: -1';
const names = STRATEGIES.map(({ name }) => name);
/** These go through the whole space and propose nothing twice. */
const THOROUGH = ['random', 'exhaustive', 'tpe', 'bayesian', 'sigopt'];

/** Notes every proposal, duplicates too. */
function noting(name: string, proposals: string[]): TuneStrategy {
  const strategy = STRATEGIES.find((each) => each.name === name)!;
  return {
    ...strategy,
    async *propose(context) {
      const steps = strategy.propose(context);
      for (let step = await steps.next(); step.done !== true;) {
        proposals.push(...step.value.map(({ config }) => configText(config)));
        step = await steps.next(yield step.value);
      }
    },
  };
}

describe.each(names)('%s', (name) => {
  it('finds a config that meets the criterion', async () => {
    const { met, best, stopReason } = await rig(yaml(name, 'absolute: 0.02', 60)).run();
    expect(met).toBe(true);
    expect(['criterion-met', 'space-exhausted']).toContain(stopReason);
    expect(best!.score).toBeGreaterThanOrEqual(0.78);
    expect(best!.number).toBeGreaterThan(0);
  });

  it('finds one where lower is better', async () => {
    const score = (config: TuneConfig): number => 1.6 - scoreOf(config);
    const result = await rig(yaml(name, 'absolute: 0.02, higher_is_better: false', 60), { score }).run();
    expect(result.met).toBe(true);
    expect(result.best!.score).toBeLessThan(0.82);
    expect(result.best!.number).toBeGreaterThan(0);
  });

  it('charges no config twice', async () => {
    const { trials } = await rig(yaml(name, NEVER_MET, 100)).run();
    expect(new Set(trials.map(({ config }) => configText(config))).size).toBe(trials.length);
  });

  it('gives the same sequence for the same seed', async () => {
    const run = (): Promise<{ trials: readonly Trial[] }> => rig(yaml(name, NEVER_MET, 20)).run();
    expect((await run()).trials).toEqual((await run()).trials);
  });

  it('gives the sequence of an undisturbed run, wherever it was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
        async (seed, cuts) => {
          const { space, simulated } = simulation(seed);
          const settings = yaml(name, 'absolute: 0.001', 15, `, random_seed: ${seed}`);
          const undisturbed = await rig(settings, simulated, [], space).run();
          let kept: readonly Trial[] = [];
          for (const cut of cuts) {
            const made = rig(settings, simulated, kept, space);
            const append = made.journal.append.bind(made.journal);
            made.journal.append = (trial) =>
              trial.number >= cut ? Promise.reject(new Error('killed')) : append(trial);
            await made.run().catch(() => undefined);
            kept = made.journal.kept;
          }
          const resumed = await rig(settings, simulated, kept, space).run();
          expect(resumed.trials).toEqual(undisturbed.trials);
          expect(resumed.stopReason).toBe(undisturbed.stopReason);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('ends at once where nothing can be int8', async () => {
    const space: TuningSpace = { ...reference, ops: reference.ops.map((op) => ({ ...op, int8: [] })) };
    const result = await rig(yaml(name, NEVER_MET, 10), {}, [], space).run();
    expect(result).toMatchObject({ stopReason: 'space-exhausted', trials: { length: 1 } });
  });

  it('keeps ops in int8 that must not be float', async () => {
    const space = { ...reference, ops: reference.ops.map((op, i) => ({ ...op, float: i > 1 })) };
    const { trials } = await rig(yaml(name, NEVER_MET, 40), {}, [], space).run();
    expect(trials.length).toBeGreaterThan(2);
    for (const { config } of trials.slice(1)) expect(letters(config, space)).toMatch(/^[ct][ct]/);
  });
});

describe.each(THOROUGH)('%s', (name) => {
  it('tries every config once and then ends', async () => {
    const proposals: string[] = [];
    const made = rig(yaml(name, NEVER_MET, 100));
    const { trials, stopReason } = await made.run({ strategy: noting(name, proposals) });
    // 3 · 3 · 2 · 3 choices, all float being trial 0.
    expect(trials).toHaveLength(54);
    expect(stopReason).toBe('space-exhausted');
    expect(new Set(proposals).size).toBe(proposals.length);
  });
});

describe('SmoothQuant', () => {
  it.each(['random', 'exhaustive', 'tpe', 'bayesian', 'sigopt'])('is a choice of %s', async (name) => {
    const space = { ...reference, smoothQuant: [0.5], ops: reference.ops.slice(2) };
    const made = rig(yaml(name, NEVER_MET, 100), {}, [], space);
    const { trials } = await made.run();
    // 5 configs with int8 ops, each with and without; all float has nothing to smooth.
    expect(trials).toHaveLength(11);
    expect(trials.filter(({ config }) => config.smoothQuant === 0.5)).toHaveLength(5);
  });

  it.each(['mse', 'mse_v2', 'conservative'])(
    'is tried by %s, and forced on probes where the configuration does',
    async (name) => {
      const space = { ...reference, smoothQuant: [0.5] };
      const score = (config: TuneConfig): number => (config.smoothQuant === 0.5 ? 0.8 : 0.5);
      const { best } = await rig(yaml(name, 'absolute: 0.02', 30), { score }, [], space).run();
      expect(best?.config.smoothQuant).toBe(0.5);
      const probed: (number | undefined)[] = [];
      const forced = rig(yaml(name, NEVER_MET, 30), {}, [], { ...space, smoothAlways: true });
      await forced.run({
        probes: {
          output: async (config) => (probed.push(config.smoothQuant), 1),
          divergence: async (config) => (probed.push(config.smoothQuant), 1),
          ops: async (config) => (probed.push(config.smoothQuant), new Map()),
        },
      });
      expect(new Set(probed)).toEqual(new Set(name === 'conservative' ? [] : [0.5]));
    },
  );
});

describe('recipes', () => {
  const offering = (...recipes: RecipeName[]): TuningSpace => ({
    ...reference,
    recipes: { ...reference.recipes, ...Object.fromEntries(recipes.map((name) => [name, 'offered'])) },
  });

  it.each(THOROUGH)('are choices of %s', async (name) => {
    const space = { ...offering('biasCorrection', 'outlierChannels'), ops: reference.ops.slice(2) };
    const { trials } = await rig(yaml(name, NEVER_MET, 100), {}, [], space).run();
    // 5 configs with int8 ops, each with none, one or both; all float has nothing to mend.
    expect(trials).toHaveLength(21);
    expect(trials.filter(({ config }) => config.biasCorrection && config.outlierChannels)).toHaveLength(5);
  });

  it.each(['basic', 'mse', 'mse_v2'])(
    'are tried by %s on the best model-wise config, and kept where it gains',
    async (name) => {
      const gains = { outlierChannels: 0.005, weightClip: -0.005, biasCorrection: 0.003 } as const;
      const score = (config: TuneConfig): number =>
        Object.entries(gains).reduce(
          (sum, [key, gain]) => sum + (config[key as RecipeName] ? gain : 0),
          scoreOf(config),
        );
      const space = offering('weightClip', 'biasCorrection', 'outlierChannels');
      const { trials } = await rig(yaml(name, NEVER_MET, 60), { score }, [], space).run();
      const names = (config: TuneConfig): string =>
        Object.keys(gains)
          .filter((key) => config[key as RecipeName])
          .join(' ');
      const first = trials.findIndex(({ stage }) => stage === 'outlier channels split off');
      expect(trials.slice(first, first + 3).map(({ stage, config }) => `${stage}: ${names(config)}`)).toEqual([
        'outlier channels split off: outlierChannels',
        'weight clip: outlierChannels weightClip',
        'bias correction: outlierChannels biasCorrection',
      ]);
      for (const { config } of trials.slice(first + 3)) expect(names(config)).toBe('outlierChannels biasCorrection');
      expect(trials.length).toBeGreaterThan(first + 3);
      const few = await rig(yaml(name, NEVER_MET, 4), { score }, [], space).run();
      expect(few.trials.every(({ config }) => names(config) === '')).toBe(true);
    },
  );
});

describe('random', () => {
  it('is uniform', async () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= 300; seed++) {
      const { trials } = await rig(yaml('random', NEVER_MET, 3, `, random_seed: ${seed}`)).run();
      for (const { config } of trials.slice(1)) counts.set(letters(config), (counts.get(letters(config)) ?? 0) + 1);
    }
    // 900 trials over 53 configs; χ² with 52 degrees of freedom: beyond 100 less than once in 10 000.
    expect(counts.size).toBe(53);
    const expected = 900 / 53;
    const squares = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(squares).toBeLessThan(100);
  });
});

describe('exhaustive', () => {
  it('goes through the choices in order: int8 options, then float; the last op first, the sampling size last', async () => {
    const space = { ...reference, samplingSizes: [100, 20], ops: reference.ops.slice(2) };
    const { trials } = await rig(yaml('exhaustive', NEVER_MET, 100), {}, [], space).run();
    expect(trials.map(({ config }) => `${letters(config, space)} ${config.samplingSize}`)).toEqual([
      'ff 0',
      ...['tc 100', 'tt 100', 'tf 100', 'fc 100', 'ft 100'],
      ...['tc 20', 'tt 20', 'tf 20', 'fc 20', 'ft 20'],
    ]);
  });

  it('begins at once, however large the space is', async () => {
    const ops = Array.from({ length: 60 }, (_, i) => ({ ...reference.ops[0]!, name: `conv${i}` }));
    const { trials } = await rig(yaml('exhaustive', NEVER_MET, 5), {}, [], { ...reference, ops }).run();
    expect(trials).toHaveLength(6);
  });
});

describe('conservative', () => {
  it('turns one kind of op after another to int8 and keeps what holds, past the first success', async () => {
    const { trials, best } = await rig(yaml('conservative', 'absolute: 0.02', 100)).run();
    expect(trials.map(({ config, met }) => `${letters(config)} ${met}`)).toEqual([
      'ffff true',
      'ccff true',
      'ccfc false',
      'cctf true',
    ]);
    expect(trials.map(({ stage }) => stage).slice(1)).toEqual(['int8 for Conv', 'int8 for MatMul', 'int8 for Add']);
    expect(best?.number).toBe(3);
  });
});

describe('mse', () => {
  it('lets ops fall back by the error of their tensors, without a trial for each', async () => {
    const errors: Readonly<Record<string, number>> = { conv1: 3, conv2: 1, add: 2, fc: 4 };
    const made = rig(yaml('mse', NEVER_MET, 100), { opError: (name) => errors[name]! });
    const { trials } = await made.run();
    expect(made.probed).toEqual(['cctc']);
    expect(trials.slice(5).map(({ config, stage }) => `${letters(config)} ${stage}`)).toEqual([
      'cctf greedy fallback',
      'fctf greedy fallback',
      'fcff greedy fallback',
    ]);
  });
});

describe('mse_v2', () => {
  it('lets the most harmful op fall back until the criterion is met, and takes back what was not needed', async () => {
    // Nothing holds without add in float, of which the output error says little.
    const score = (config: TuneConfig): number => ((config.ops['add'] ?? 'fp32') === 'fp32' ? 0.8 : 0.7);
    const errors: Readonly<Record<string, number>> = { conv1: 1, conv2: 2, add: 3, fc: 4 };
    const settings = yaml('mse_v2', 'absolute: 0.02', 100).replace('max_trials', 'timeout: 100000, max_trials');
    const made = rig(settings, { score, opError: (name) => errors[name]! });
    const { trials, best } = await made.run();
    expect(trials.map(({ config, met }) => `${letters(config)} ${met}`)).toEqual([
      'ffff true',
      'cctc false',
      'tttt false',
      'cctf false',
      'ccff true',
      // fc does no harm; add does.
      'ccfc true',
    ]);
    expect(best?.number).toBe(5);
  });

  it('ends with the first config that meets the criterion where there is no time budget', async () => {
    const made = rig(yaml('mse_v2', 'absolute: 0.02', 100));
    const { trials, stopReason } = await made.run();
    expect(trials.map(({ config }) => letters(config))).toEqual(['ffff', 'cctc', 'tttt', 'cctf']);
    expect(stopReason).toBe('criterion-met');
    expect(made.probed).toEqual(['cctf', 'ccfc', 'cftc', 'fctc']);
  });
});

describe('sigopt', () => {
  it('keeps no token, and says that it runs locally without one', async () => {
    const vocabulary = { metrics: [], transforms: [], strategies: STRATEGIES };
    const text =
      'model: {framework: NA}\ntuning: {strategy: {name: sigopt, sigopt_api_token: SECRET, sigopt_base_url: "https://host"}}';
    const { settings, warnings } = parseConfig(text, vocabulary);
    expect(settings.tuning.strategy.options['sigopt_base_url']).toBe('https://host');
    expect(JSON.stringify(settings)).not.toContain('SECRET');
    expect(warnings.filter(({ code }) => code === 'config-key-unused')).toEqual([]);
    const made = rig(yaml('sigopt', NEVER_MET, 2));
    await made.run();
    expect(made.warnings.map(({ code }) => code)).toEqual(['strategy-local']);
  });
});

describe('a large space', () => {
  const ops = Array.from({ length: 14 }, (_, i) => ({ ...reference.ops[0]!, name: `conv${i}` }));
  const space = { ...reference, ops };
  const ratio = (config: TuneConfig): number =>
    1 - 0.05 * Object.values(config.ops).filter((choice) => choice !== 'fp32').length;
  const loss = (config: TuneConfig): number =>
    ops.reduce((sum, { name }, i) => sum + ((config.ops[name] ?? 'fp32') === 'fp32' ? 0 : (i % 4) * 0.001), 0);
  const score = (config: TuneConfig): number => 0.8 - loss(config);
  const runs = (strategy: string, absolute: number, trials: number): Promise<DriveResult[]> =>
    Promise.all(
      [1, 2, 3].map((seed) => {
        const settings = `tuning: {strategy: ${strategy}, accuracy_criterion: {absolute: ${absolute}}, exit_policy: {max_trials: ${trials}, timeout: 100000}, random_seed: ${seed}}`;
        return rig(settings, { score, ratio }, [], space).run();
      }),
    );
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const latency = async (strategy: string, trials: number): Promise<number> =>
    sum((await runs(strategy, 0.0101, trials)).map(({ best }) => best?.latencyRatio ?? 1));

  it.each([
    ['{name: tpe}', 60],
    ['{name: tpe, multivariate: true}', 60],
    ['{name: sigopt}', 30],
  ])('is searched for speed better by %s than by chance', async (strategy, trials) => {
    expect(await latency(strategy, trials)).toBeLessThan(await latency('{name: random}', trials));
  });

  it('is searched for accuracy better by the bayesian strategy than by chance', async () => {
    const accuracy = async (strategy: string): Promise<number> =>
      sum(
        (await runs(strategy, -1, 40)).map(({ trials }) => Math.max(...trials.slice(1).map((trial) => trial.score!))),
      );
    expect(await accuracy('{name: bayesian}')).toBeGreaterThan(await accuracy('{name: random}'));
  });
});
