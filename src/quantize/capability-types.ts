import type { Int8OpConfig, RecipeName } from './config.ts';

/** What one op can be on the target, and why not otherwise. */
export interface OpCapability {
  /** Node name, unique in the model. */
  readonly name: string;
  readonly opType: string;
  /** Int8 forms in order of preference; empty when the op can only compute in float. */
  readonly int8: readonly Int8OpConfig[];
  /** Int8 forms for other targets, slower or less accurate on this one: only where the configuration asks for what no other form has. */
  readonly pinnable?: readonly Int8OpConfig[];
  /** False where int8 is possible but runs slower than float on the target (see `reason`); the space then leaves it float unless the user asks. */
  readonly pays: boolean;
  /** Follows its neighbours (Add, Concat, MaxPool …): int8 only between int8 ops, never a choice of its own. */
  readonly glue: boolean;
  /** In plain words: why there is no int8 form, or why it does not pay. */
  readonly reason?: string;
  /** Forms with 4-bit weights in order of preference: a choice only where the configuration names them, since they cost accuracy. */
  readonly weightOnly?: readonly Int8OpConfig[];
  /** Bytes of constant weights that this op reads. */
  readonly weightBytes: number;
}

export interface ModelCapability {
  /** Every node of the main graph, in topological order. */
  readonly ops: readonly OpCapability[];
  /** Whether SmoothQuant has tensors to work on. */
  readonly smoothable: boolean;
  /** Recipes that have something to work on. */
  readonly recipes: readonly RecipeName[];
}
