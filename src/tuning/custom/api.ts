/**
 * What the author of a strategy needs: types only, to import into the module that is dropped on the page or named by
 * `octet tune --strategy`. `public/examples/bisect-strategy.mjs` is a whole one. What is exported here stays as it is.
 */
import type { OpConfig } from '../../quantize/config.ts';
import type { ChoiceSpace } from '../strategies/choice-space.ts';
import type { Proposal, SpaceOp, StrategyContext as EngineContext, Trial, TuneConfig } from '../types.ts';

export type { Int8OpConfig, OpConfig } from '../../quantize/config.ts';
export type { Point } from '../strategies/choice-space.ts';
export type {
  AccuracyCriterion,
  Baseline,
  Probes,
  Proposal,
  SpaceOp,
  Trial,
  TrialStatus,
  TuneConfig,
} from '../types.ts';
export type { TuningSpace } from '../types.ts';
export type { ChoiceSpace };

/** Ready-made configs of the space: a dropped module can import nothing of Octet. */
export interface StrategyHelpers {
  /** The ops to decide on, in graph order; all others follow their neighbours or stay float. */
  readonly ops: readonly SpaceOp[];
  /** The space as a product of decisions: count it, walk it, draw from it. */
  readonly choices: ChoiceSpace;
  /** Every op in its first int8 option; `samplingSize` is the first of the space unless given. */
  allInt8(samplingSize?: number): TuneConfig;
  /** Float wherever that is allowed. */
  allFloat(): TuneConfig;
  /** A config with other choices for some ops, by name. */
  withOps(config: TuneConfig, choices: Readonly<Record<string, OpConfig>>): TuneConfig;
  /** The first `limit` configs in which all ops of a type share an option, the most uniform first. */
  modelWise(limit: number, samplingSize?: number): readonly TuneConfig[];
}

/** Copies: changing them changes nothing. `rng` and `probes` are the only sources of chance and measurement; a run must be repeatable. */
export interface StrategyContext extends Omit<EngineContext, 'service' | 'options'> {
  /** The score that meets the criterion. */
  readonly target: number;
  readonly helpers: StrategyHelpers;
}

export interface TuneStrategy {
  /**
   * Yields batches of configs and receives their trials, in order. Returning ends the search. The driver owns baseline, stop
   * rules, journal and choice of the offer; a config that was seen before comes back with its trial at no cost.
   */
  propose(context: StrategyContext): AsyncGenerator<readonly (TuneConfig | Proposal)[], void, Trial[]>;
}

/**
 * The default export of the module. Its name ends in `TuneStrategy`; what stands before, in lower case, names the strategy in
 * reports, as in Neural Compressor.
 */
export interface TuneStrategyClass {
  new (): TuneStrategy;
  /** One sentence for people. */
  readonly help?: string;
  /** True: a config that meets the criterion does not end the search. */
  readonly endsByItself?: boolean;
}
