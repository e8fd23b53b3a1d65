/** Milliseconds that one op takes on this device, by what it computes in; what was not measured is absent. */
export interface OpCost {
  readonly float: number;
  /** Int8 with calibrated ranges, what the change costs the float nodes behind it included. */
  readonly static?: number;
  /** Int8 with ranges measured at run time, the measuring included. */
  readonly dynamic?: number;
}

/** Cost of one node: so much per run, and so much per element. */
export interface NodeCost {
  readonly perRunMs: number;
  readonly perElementMs: number;
}

/**
 * What the ops of one model cost on one device, from profiles of whole models. Measured once per session and kept in its
 * journal: decisions for speed read it, so that a replay with the same table decides alike.
 */
export interface CostTable {
  readonly format: 'octet-costs/1';
  /** One run of the float model, batch 1. */
  readonly floatMs: number;
  /** By op name. */
  readonly ops: { readonly [name: string]: OpCost };
  /** A QuantizeLinear that no kernel takes in. */
  readonly quantize: NodeCost;
  /** A DequantizeLinear that no kernel takes in. */
  readonly dequantize: NodeCost;
}
