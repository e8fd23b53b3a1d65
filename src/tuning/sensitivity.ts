import type { OpConfig } from '../quantize/config.ts';
import type { Finding } from './diagnosis.ts';
import type { TuneConfig, TuningSpace, Trial } from './types.ts';
import { isCompact } from './compact.ts';
import { forcedRecipes } from './recipes.ts';
import { choosableOps, modelWiseConfigs } from './strategies/model-wise.ts';

/** What int8 compute of one op does to the model. */
export interface OpSensitivity {
  readonly op: string;
  readonly opType: string;
  /** What the output loses when this op alone computes in int8, in the unit of `measure`; null where the model did not run. */
  readonly divergence: number | null;
  /** Present where `divergence` is that of so many neighbours together. */
  readonly sharedBy?: number;
  /** Signal to noise of the int8 weight, decibels; null where the op has no constant weight or nothing is lost. */
  readonly weightSqnrDb: number | null;
  /** Mean squared error of the op's tensor over its squared range when every op of the config computes in int8; null where it cannot be compared. */
  readonly tensorError: number | null;
  /** Latency that int8 saves here, foretold by the cost table; negative where it costs time. Absent without a table. */
  readonly savedMs?: number;
}

/** The int8 ops of one config, the most harmful first; measured once per session and kept in its journal. */
export interface Sensitivity {
  readonly format: 'octet-sensitivity/1';
  /** Trial whose config was looked at; null: the first options of the space. */
  readonly trial: number | null;
  /** `kl`: mean KL divergence of the output from the float model's, nats. `mse`: mean squared error over the squared range. */
  readonly measure: 'kl' | 'mse';
  /** Calibration samples that were compared. */
  readonly samples: number;
  readonly ops: readonly OpSensitivity[];
  /** Why, and what to do; sessions of early versions have none. */
  readonly findings?: readonly Finding[];
}

/** Under this key in the notes of a session. */
export const SENSITIVITY_NOTE = 'sensitivity';
/** More ops than this share probes with their neighbours. */
const MAX_PROBES = 64;

/**
 * The config whose int8 ops are looked at: the offered one, or where that is compact the first int8 trial that ran, or where
 * there is none every op with its first option.
 */
export function sensitivityReference(
  space: TuningSpace,
  trials: readonly Trial[],
  offered: Trial | null,
): { readonly config: TuneConfig; readonly trial: number | null } | null {
  const found =
    offered && !isCompact(offered) ? offered : trials.find((trial) => trial.status !== 'failed' && !isCompact(trial));
  if (found) return { config: found.config, trial: found.number };
  const [config] = modelWiseConfigs(space, space.samplingSizes[0] ?? 0, 1);
  return config ? { config: { ...forcedRecipes(space), ...config }, trial: null } : null;
}

/** The int8 ops of the config that are a choice (glue follows its neighbours), in runs of neighbours that share a probe. */
export function probedOps(space: TuningSpace, config: TuneConfig): readonly (readonly string[])[] {
  const names = choosableOps(space)
    .map(({ name }) => name)
    .filter((name) => (config.ops[name] ?? 'fp32') !== 'fp32');
  return neighbours(names, Math.min(names.length, MAX_PROBES));
}

/** The config with these ops in int8 and all others that are a choice in float, even those that the configuration wants in int8. */
export function aloneInInt8(space: TuningSpace, config: TuneConfig, int8: readonly string[]): TuneConfig {
  const others = choosableOps(space).filter(({ name }) => !int8.includes(name));
  const float = Object.fromEntries(others.map(({ name }): [string, OpConfig] => [name, 'fp32']));
  return { ...config, ops: { ...config.ops, ...float } };
}

/** `count` runs of neighbours, as even as can be. */
export function neighbours(names: readonly string[], count: number): string[][] {
  return Array.from({ length: count }, (_, i) =>
    names.slice(Math.floor((i * names.length) / count), Math.floor(((i + 1) * names.length) / count)),
  );
}

/** The most harmful first: by divergence, of ops that share one by the error of their tensor; what did not run leads. */
export function ranked(ops: readonly OpSensitivity[]): OpSensitivity[] {
  return ops.toSorted(
    (a, b) =>
      compare(b.divergence ?? Infinity, a.divergence ?? Infinity) ||
      compare(b.tensorError ?? -1, a.tensorError ?? -1) ||
      compare(a.weightSqnrDb ?? Infinity, b.weightSqnrDb ?? Infinity),
  );
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
