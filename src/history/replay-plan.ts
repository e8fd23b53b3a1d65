/** An op that computes in int8, with what is done to its constant weight, the second input. */
export interface ReplayOp {
  readonly name: string;
  readonly opType: string;
  readonly weight?: {
    readonly dtype: 'int8' | 'uint8';
    /** Output channels, one scale each; null: one scale for all. */
    readonly axis: number | null;
    readonly isSymmetric: boolean;
    /** 7 bits. */
    readonly isReduced: boolean;
  };
}

/** An activation that passes through 8 bits. */
export interface ReplayTensor {
  readonly dtype: 'int8' | 'uint8' | 'int16' | 'uint16';
  readonly isSymmetric: boolean;
  /** A float32 value. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A constant at an input of a node, times or through a factor per channel (SmoothQuant). */
export interface ReplayScaling {
  readonly node: string;
  readonly input: number;
  /** Along which the factors run; null: a vector, or one number for all. */
  readonly axis: number | null;
  readonly operation: 'multiply' | 'divide';
  /** float32 values. */
  readonly factors: readonly number[];
}

/** What a config does to its model in the words of other quantizers: node by node, tensor by tensor, nothing left to derive. */
export interface ReplayPlan {
  /** Done to the float model first, in this order. */
  readonly scalings: readonly ReplayScaling[];
  readonly staticOps: readonly ReplayOp[];
  readonly dynamicOps: readonly ReplayOp[];
  /** By name, in the order of the graph. */
  readonly tensors: Readonly<Record<string, ReplayTensor>>;
  /**
   * First input and first output of every node that multiplies by a constant, by its name: what tells the graph after the
   * clean-up, and so its weights, from others. Absent in early versions.
   */
  readonly flow?: Readonly<Record<string, readonly [reads: string, writes: string]>>;
  /** Names of the Relu and Clip nodes whose effect the range behind them carries. */
  readonly absorbed: readonly string[];
}
