import type { FaultCode, Warning } from '../../base/fault-codes.ts';
import { Fault } from '../../base/fault.ts';
import { sha256Text } from '../../base/hash.ts';
import { createRng } from '../../base/rng.ts';
import type { Int8OpConfig } from '../../quantize/config.ts';
import { canonicalConfig, configText } from '../canonical.ts';
import { parseConfig } from '../config/parse.ts';
import type { TuneSettings } from '../config/settings.ts';
import { drive } from '../driver.ts';
import type { DriveOptions, DriveResult } from '../driver.ts';
import type { TrialJournal } from '../journal.ts';
import { STRATEGIES } from '../strategies/registry.ts';
import type { TrialRunner } from '../trial-runner.ts';
import type { Baseline, Costs, Probes, SpaceOp, Trial, TuneConfig, TuningSpace } from '../types.ts';

export function option(granularity: 'per_channel' | 'per_tensor'): Int8OpConfig {
  return {
    mode: 'static',
    weight: { dtype: 'int8', scheme: 'sym', granularity, algorithm: 'minmax' },
    activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
  };
}

export const both = [option('per_channel'), option('per_tensor')];
export const op = (
  name: string,
  opType: string,
  int8: readonly Int8OpConfig[],
  more: Partial<SpaceOp> = {},
): SpaceOp => ({
  name,
  opType,
  int8,
  float: true,
  glue: false,
  ...more,
});

/** The model of the reference trace: loss of every op in int8; Conv and MatMul lose 1.2 times as much per tensor. */
export const LOSSES: Readonly<Record<string, number>> = { conv1: 0.001, conv2: 0.005, add: 0.01, fc: 0.03 };
export const reference: TuningSpace = {
  ops: [
    op('conv1', 'Conv', both),
    op('conv2', 'Conv', both),
    op('add', 'Add', [option('per_tensor')]),
    op('fc', 'MatMul', both),
  ],
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

export function scoreOf(config: TuneConfig, losses = LOSSES): number {
  let score = 0.8;
  for (const [name, choice] of Object.entries(config.ops)) {
    if (choice === 'fp32') continue;
    score -= (losses[name] ?? 0) * (choice.weight.granularity === 'per_tensor' && name !== 'add' ? 1.2 : 1);
  }
  return Number(score.toFixed(6));
}

/** Letters of the reference trace: per channel, per tensor, float. */
export function letters(config: TuneConfig, space = reference): string {
  return space.ops
    .map(({ name }) => {
      const choice = config.ops[name] ?? 'fp32';
      return choice === 'fp32' ? 'f' : choice.weight.granularity === 'per_channel' ? 'c' : 't';
    })
    .join('');
}

export const baseline: Baseline = { score: 0.8, latencyMs: 10, sizeBytes: 1000, seconds: 1, samples: 100 };

export class MemoryJournal implements TrialJournal {
  readonly kept: Trial[];
  constructor(kept: readonly Trial[] = []) {
    this.kept = kept.map((trial) => structuredClone(trial));
  }
  trials(): Promise<readonly Trial[]> {
    return Promise.resolve(this.kept);
  }
  append(trial: Trial): Promise<void> {
    this.kept.push(structuredClone(trial));
    return Promise.resolve();
  }
}

export interface Simulated {
  readonly score?: (config: TuneConfig) => number;
  readonly ratio?: (config: TuneConfig) => number;
  /** Text that stands for the bytes of the model. */
  readonly bytes?: (config: TuneConfig) => string;
  readonly fail?: (config: TuneConfig) => FaultCode | undefined;
  /** Error of an op's tensor; by default the op's loss. */
  readonly opError?: (name: string) => number;
  /** By default each op saves a twentieth. */
  readonly costs?: Costs;
}

export interface Rig {
  readonly run: (more?: Partial<DriveOptions>) => Promise<DriveResult>;
  readonly journal: MemoryJournal;
  readonly evaluated: string[];
  /** Letters of the probed configs. */
  readonly probed: string[];
  readonly warnings: Warning[];
  timeMs: number;
}

/** A runner in which building takes 0 s, an evaluation 1 s and a timing 0.5 s. */
export function rig(yaml: string, simulated: Simulated = {}, kept: readonly Trial[] = [], space = reference): Rig {
  const settings = settingsOf(yaml);
  const made: Rig = {
    run: (more = {}) => drive({ ...options, ...more }),
    journal: new MemoryJournal(kept),
    evaluated: [],
    probed: [],
    warnings: [],
    timeMs: 0,
  };
  const runner: TrialRunner = {
    build: async (config) => ({
      modelSha256: await sha256Text(simulated.bytes?.(config) ?? configText(config)),
      sizeBytes: 900 - 100 * Object.keys(canonicalConfig(config).ops).length,
    }),
    evaluate: (_, config) => {
      made.timeMs += 1000;
      const code = simulated.fail?.(config);
      if (code !== undefined) return Promise.reject(new Fault(code, { message: 'Simulated.' }));
      made.evaluated.push(letters(config, space));
      const score = simulated.score?.(config) ?? scoreOf(config);
      return Promise.resolve({ status: 'complete', score, samplesEvaluated: 100, difference: null });
    },
    time: () => {
      made.timeMs += 500;
      return Promise.resolve({ latencyMs: 8, latencyRatio: 0.8 });
    },
  };
  if (simulated.ratio !== undefined) {
    const ratioOf = simulated.ratio;
    const configs = new Map<string, TuneConfig>();
    const build = runner.build.bind(runner);
    runner.build = async (config, signal) => {
      const model = await build(config, signal);
      configs.set(model.modelSha256, config);
      return model;
    };
    runner.time = ({ modelSha256 }) => {
      const latencyRatio = ratioOf(configs.get(modelSha256)!);
      return Promise.resolve({ latencyMs: latencyRatio * 10, latencyRatio });
    };
  }
  const opError = simulated.opError ?? ((name): number => LOSSES[name] ?? 0);
  const outputError = (config: TuneConfig): Promise<number> => {
    made.probed.push(letters(config, space));
    const errors = Object.keys(canonicalConfig(config).ops).map(opError);
    return Promise.resolve(errors.reduce((sum, error) => sum + error, 0));
  };
  const probes: Probes = {
    output: outputError,
    divergence: outputError,
    ops: (config) => {
      made.probed.push(letters(config, space));
      return Promise.resolve(new Map(Object.keys(canonicalConfig(config).ops).map((name) => [name, opError(name)])));
    },
  };
  const options: DriveOptions = {
    space,
    strategy: STRATEGIES.find(({ name }) => name === settings.tuning.strategy.name)!,
    settings,
    criterion: {
      ...settings.tuning.accuracyCriterion,
      higherIsBetter: settings.tuning.accuracyCriterion.higherIsBetter ?? true,
    },
    baseline,
    runner,
    probes,
    costs: simulated.costs ?? { ratio: (config) => 1 - 0.05 * Object.keys(canonicalConfig(config).ops).length },
    recall: (_, make) => make(),
    journal: made.journal,
    clock: () => made.timeMs,
    signal: new AbortController().signal,
    onWarning: (warning) => made.warnings.push(warning),
  };
  return made;
}

/** Most of these tests follow the simplest search: it is their default. */
const BASIC_FIRST = STRATEGIES.toSorted((a, b) => Number(b.name === 'basic') - Number(a.name === 'basic'));

export function settingsOf(yaml: string): TuneSettings {
  return parseConfig(`model: {framework: NA}\n${yaml}`, { metrics: [], transforms: [], strategies: BASIC_FIRST })
    .settings;
}

/** A random model: effects add up with noise that is fixed per config; some configs fail, some share their bytes. */
export function simulation(seed: number): { readonly space: TuningSpace; readonly simulated: Simulated } {
  const rng = createRng(seed);
  const ops = Array.from({ length: 2 + rng.below(6) }, (_, i) =>
    op(`op${i}`, ['Conv', 'MatMul', 'Gemm'][rng.below(3)]!, rng.uniform() < 0.7 ? both : both.slice(0, 1), {
      glue: rng.uniform() < 0.15,
    }),
  );
  const losses = new Map(ops.map(({ name }) => [name, (rng.uniform() - 0.2) * 0.03]));
  const noise = (config: TuneConfig): number =>
    createRng([...configText(config)].reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, seed)).uniform();
  const score = (config: TuneConfig): number =>
    Object.entries(canonicalConfig(config).ops).reduce((sum, [name]) => sum - (losses.get(name) ?? 0), 0.8) +
    0.004 * noise(config);
  const ignored = ops[0]!.name;
  const bytes = (config: TuneConfig): string => configText({ ...config, ops: { ...config.ops, [ignored]: 'fp32' } });
  const fail = (config: TuneConfig): FaultCode | undefined => (noise(config) < 0.08 ? 'out-of-memory' : undefined);
  const ratio = (config: TuneConfig): number => 0.9 + 0.2 * noise(config);
  return {
    space: {
      ops,
      samplingSizes: [100, 20],
      weightStorage: 'auto',
      smoothQuant: [],
      smoothAlways: false,
      recipes: reference.recipes,
    },
    simulated: { score, bytes, fail, ratio },
  };
}
