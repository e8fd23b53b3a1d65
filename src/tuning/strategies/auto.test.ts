import { describe, expect, it } from 'vitest';
import { createRng } from '../../base/rng.ts';
import type { Int8OpConfig } from '../../quantize/config.ts';
import { canonicalConfig } from '../canonical.ts';
import { both, op, option, rig, type Simulated } from '../testing/simulation.ts';
import type { TuneConfig, TuningSpace } from '../types.ts';

const yaml = (more = ''): string =>
  `tuning: {strategy: {name: auto}, accuracy_criterion: {absolute: 0.01}, exit_policy: {max_trials: 100}${more}}`;

const int8Ops = (config: TuneConfig): string[] => Object.keys(canonicalConfig(config).ops);

/** A model whose ops each lose and save something in int8; probes see the losses through noise. */
function model(losses: readonly number[], savings: readonly number[], probeOf = (loss: number) => loss) {
  const at = (name: string): number => Number(name.slice(2));
  const ops = losses.map((_, i) => op(`op${i}`, 'Conv', [option('per_channel')]));
  const space: TuningSpace = {
    ops,
    samplingSizes: [100],
    weightStorage: 'int8',
    smoothQuant: [],
    smoothAlways: false,
    recipes: {
      equalization: 'off',
      weightClip: 'off',
      biasCorrection: 'off',
      outlierChannels: 'off',
      matmulNBits: 'off',
    },
  };
  const sum = (values: readonly number[], config: TuneConfig): number =>
    int8Ops(config).reduce((total, name) => total + (values[at(name)] ?? 0), 0);
  const ratio = (config: TuneConfig): number => 1 - sum(savings, config);
  const simulated: Simulated = {
    score: (config) => 0.8 - sum(losses, config),
    ratio,
    costs: { ratio },
    opError: (name) => probeOf(losses[at(name)] ?? 0),
  };
  return { space, simulated };
}

/** The same with 4-bit weights as the only choice: losses are twice as large in groups of 128. */
function weightModel(losses: readonly number[], bytes: readonly number[]) {
  const int4 = [32, 128].map((groupSize): Int8OpConfig => ({
    ...option('per_channel'),
    mode: 'weight_only',
    weight: { dtype: 'int4', scheme: 'sym', granularity: 'per_group', algorithm: 'minmax', groupSize },
  }));
  const { space, simulated } = model(losses, []);
  const ops = space.ops.map((each, i) => ({ ...each, int8: int4, weightBytes: bytes[i]! }));
  const lost = (config: TuneConfig): number =>
    Object.entries(canonicalConfig(config).ops).reduce((sum, [name, choice]) => {
      const factor = choice !== 'fp32' && choice.weight.groupSize === 128 ? 2 : 1;
      return sum + factor * (losses[Number(name.slice(2))] ?? 0);
    }, 0);
  return { space: { ...space, ops }, simulated: { ...simulated, score: (config: TuneConfig) => 0.8 - lost(config) } };
}

describe('auto with 4-bit weights only', () => {
  const groups = (config: TuneConfig) =>
    Object.values(canonicalConfig(config).ops).map((choice) => choice !== 'fp32' && choice.weight.groupSize);

  it('takes the coarser groups where they keep the accuracy', async () => {
    const { space, simulated } = weightModel([0.001, 0.002], [100, 100]);
    const { trials, conclusion } = await rig(yaml(), simulated, [], space).run();
    expect(trials.map(({ config }) => groups(config))).toEqual([[], [32, 32], [128, 128]]);
    expect(trials.every(({ met }) => met)).toBe(true);
    expect(conclusion).toContain('Every weight that can be is in 4 bits');
  });

  it('leaves out what harms most for its bytes, found by halving', async () => {
    const { space, simulated } = weightModel(
      [0.001, 0.004, 0.001, 0.008, 0.002, 0.0005],
      [100, 4000, 100, 500, 100, 1],
    );
    const { trials, conclusion } = await rig(yaml(), simulated, [], space).run();
    const best = trials.filter(({ met }) => met).at(-1);
    expect(int8Ops(best!.config).sort()).toEqual(['op0', 'op1', 'op2']);
    expect(trials.length).toBeLessThanOrEqual(2 + 3);
    expect(conclusion).toContain('One more op in 4 bits');
  });
});

describe('auto', () => {
  it('ends at once where everything that pays keeps the accuracy', async () => {
    const { space, simulated } = model([0.001, 0.002], [0.2, 0.2]);
    const { trials, best, conclusion } = await rig(yaml(), simulated, [], space).run();
    expect(trials).toHaveLength(2);
    expect(int8Ops(best!.config)).toEqual(['op0', 'op1']);
    expect(conclusion).toContain('Every op that pays');
  });

  it('says so where no op pays, without a trial of its own', async () => {
    const { space, simulated } = model([], []);
    const { trials, best, conclusion } = await rig(yaml(), simulated, [], space).run();
    expect(trials).toHaveLength(1);
    expect(best?.number).toBe(0);
    expect(conclusion).toContain('no op computes faster');
  });

  it('is not content with int8 that is no faster than the compact model', async () => {
    const { space, simulated } = model([0.001, 0.001], [0.1, 0.1]);
    const run = (int8: number) =>
      rig(yaml(), { ...simulated, ratio: (config) => (int8Ops(config).length > 0 ? int8 : 0.8) }, [], space).run();
    expect(await run(0.84)).toMatchObject({ best: { number: 0 }, conclusion: expect.stringContaining('next config') });
    expect(await run(0.7)).toMatchObject({ best: { number: 1 }, conclusion: expect.stringContaining('Every op') });
  });

  it('leaves one bad op float and gains the rest', async () => {
    const { space, simulated } = model([0.001, 0.05, 0.001, 0.002], [0.1, 0.1, 0.1, 0.1]);
    const { trials, best } = await rig(yaml(), simulated, [], space).run();
    expect(int8Ops(best!.config)).toEqual(['op0', 'op2', 'op3']);
    expect(trials.length).toBeLessThanOrEqual(4);
  });

  it('comes within a tenth of the optimum in ten trials, with probes that are off by a factor of three', async () => {
    const shares: number[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const rng = createRng(seed);
      const draw = (deviation: number): number => {
        const normal = Array.from({ length: 12 }, () => rng.uniform()).reduce((sum, each) => sum + each, -6);
        return Math.exp(deviation * normal);
      };
      const raw = Array.from({ length: 14 }, () => draw(1.5));
      const losses = raw.map((loss) => (0.03 * loss) / raw.reduce((sum, each) => sum + each, 0));
      const gains = Array.from({ length: 14 }, () => draw(1));
      const savings = gains.map((gain) => (0.5 * gain) / gains.reduce((sum, each) => sum + each, 0));
      const noisy = new Map(losses.map((loss) => [loss, loss * 3 ** (2 * rng.uniform() - 1)]));
      const { space, simulated } = model(losses, savings, (loss) => noisy.get(loss) ?? 0);
      const { trials, best } = await rig(yaml(), simulated, [], space).run();
      let optimum = 0;
      for (let bits = 0; bits < 2 ** 14; bits++) {
        let [loss, saved] = [0, 0];
        for (let i = 0; i < 14; i++) if ((bits >> i) & 1) [loss, saved] = [loss + losses[i]!, saved + savings[i]!];
        if (loss <= 0.01) optimum = Math.max(optimum, saved);
      }
      const upTo = trials.slice(0, 11).filter(({ met }) => met);
      shares.push(Math.max(...upTo.map(({ latencyRatio }) => 1 - (latencyRatio ?? 1))) / optimum);
      expect(best?.met).toBe(true);
    }
    const sorted = shares.toSorted((a, b) => a - b);
    expect(sorted[6]).toBeGreaterThan(0.9);
    expect(sorted[0]).toBeGreaterThan(0.6);
  });

  it('tries SmoothQuant where the output is far from the float model’s, and keeps it where it helps', async () => {
    const { space, simulated } = model([0.001, 0.05], [0.2, 0.2]);
    const score = (config: TuneConfig): number => (config.smoothQuant === undefined ? 0.5 : 0.799);
    const smooth = { ...space, smoothQuant: [0.5] };
    const run = rig(yaml(), { ...simulated, score }, [], smooth);
    const divergence = async (config: TuneConfig): Promise<number> => (config.smoothQuant === undefined ? 1 : 0.01);
    const { trials, best } = await run.run({
      probes: { output: divergence, divergence, ops: async () => new Map() },
    });
    expect(trials).toHaveLength(2);
    expect(best?.config.smoothQuant).toBe(0.5);
  });

  it('splits outlier channels off where that brings the output far closer and everything else misses', async () => {
    const run = async (loss: number, split: number, probed: number) => {
      const { space, simulated } = model([0.001, 0.05], [0.2, 0.2]);
      const score = (config: TuneConfig): number => 0.8 - (config.outlierChannels ? split : loss);
      const offered = { ...space, recipes: { ...space.recipes, outlierChannels: 'offered' as const } };
      const divergence = async (config: TuneConfig): Promise<number> => (config.outlierChannels ? probed : 1);
      const { trials } = await rig(yaml(), { ...simulated, score }, [], offered).run({
        probes: { output: divergence, divergence, ops: async () => new Map() },
      });
      return trials.map(({ stage }) => stage.includes('outlier channels split off'));
    };
    expect(await run(0.3, 0.001, 0.01)).toEqual([false, false, true]);
    expect(await run(0.005, 0.001, 0.01)).toEqual([false, false]);
    const useless = await run(0.3, 0.3, 1);
    expect(useless).not.toContain(true);
  });

  it('probes each range method once and tries the closest', async () => {
    const methods = (['minmax', 'percentile', 'kl'] as const).map((algorithm) => ({
      ...option('per_channel'),
      activation: { ...option('per_channel').activation, algorithm },
    }));
    const { space, simulated } = model([0.001], [0.2]);
    const several = { ...space, ops: [op('op0', 'Conv', methods)] };
    const divergence = async ({ ops }: TuneConfig): Promise<number> => {
      const choice = ops['op0']!;
      return choice !== 'fp32' && choice.activation.algorithm === 'percentile' ? 0.01 : 0.1;
    };
    const { trials } = await rig(yaml(), simulated, [], several).run({
      probes: { output: divergence, divergence, ops: async () => new Map() },
    });
    expect(trials[1]?.stage).toContain('percentile');
    expect(trials).toHaveLength(2);
  });

  it('only varies the form of the weights where speed is no objective', async () => {
    const { space, simulated } = model([0.001], [0.2]);
    const sized = { ...space, weightStorage: 'auto' as const };
    const run = rig(yaml(', objective: modelsize'), { ...simulated, score: () => 0.8 }, [], sized);
    const { trials, conclusion } = await run.run({ costs: null });
    expect(trials.map(({ config }) => config.weightStorage)).toEqual(['auto', 'int8']);
    expect(conclusion).toContain('no objective');
  });

  it('stops believing in gains that the timed trials do not show', async () => {
    const { space, simulated } = model([0.001, 0.001, 0.001], [0.1, 0.1, 0.1]);
    const { trials, best } = await rig(yaml(), { ...simulated, ratio: () => 1.1 }, [], space).run();
    expect(trials).toHaveLength(2);
    expect(best?.number).toBe(0);
  });

  it('keeps more than one option per op out of the way of range methods', async () => {
    const { space, simulated } = model([0.001], [0.2]);
    const { trials } = await rig(yaml(), simulated, [], { ...space, ops: [op('op0', 'Conv', both)] }).run();
    expect(trials).toHaveLength(2);
  });
});

it('decides neighbours together whose losses do not add up', async () => {
  const { space, simulated } = model([0.004, 0.004, 0.004, 0.001], [0.1, 0.1, 0.1, 0.1]);
  // The first two lose ten times as much together.
  const both = (config: TuneConfig): boolean => ['op0', 'op1'].every((name) => int8Ops(config).includes(name));
  const score = (config: TuneConfig): number => simulated.score!(config) - (both(config) ? 0.07 : 0);
  const divergence = async (config: TuneConfig): Promise<number> => 0.8 - score(config);
  const { trials, best } = await rig(yaml(), { ...simulated, score }, [], space).run({
    probes: { output: divergence, divergence, ops: async () => new Map() },
  });
  expect(best?.met).toBe(true);
  for (const { config } of trials.slice(1)) {
    const int8 = int8Ops(config);
    expect(int8.includes('op0')).toBe(int8.includes('op1'));
  }
});

it('gives the most harmful op a range method of its own', async () => {
  const methods = (['minmax', 'percentile'] as const).map((algorithm) => ({
    ...option('per_channel'),
    activation: { ...option('per_channel').activation, algorithm },
  }));
  const { space, simulated } = model([0.001, 0.001], [0.2, 0.2]);
  const several = { ...space, ops: ['op0', 'op1'].map((name) => op(name, 'Conv', methods)) };
  // Min-max breaks the first op, the percentile the second.
  const loss = ({ ops }: TuneConfig): number =>
    Object.entries(ops).reduce((sum, [name, choice]) => {
      if (choice === 'fp32') return sum;
      return sum + ((name === 'op0') === (choice.activation.algorithm === 'minmax') ? 0.05 : 0.001);
    }, 0);
  const divergence = async (config: TuneConfig): Promise<number> => loss(config);
  const { trials, best } = await rig(yaml(), { ...simulated, score: (config) => 0.8 - loss(config) }, [], several).run({
    probes: { output: divergence, divergence, ops: async () => new Map() },
  });
  expect(int8Ops(best!.config)).toEqual(['op0', 'op1']);
  expect(best?.stage).toContain('of their own');
  expect(trials.length).toBeLessThanOrEqual(4);
});

it('says so where everything in int8 saves next to nothing', async () => {
  const { space, simulated } = model([0.001, 0.001], [0.1, 0.1]);
  const { conclusion, best } = await rig(yaml(), { ...simulated, ratio: () => 0.985 }, [], space).run();
  expect(conclusion).toContain('too little');
  expect(best?.met).toBe(true);
});
