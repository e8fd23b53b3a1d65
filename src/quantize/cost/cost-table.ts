/** Milliseconds that one op takes on this device, by what it computes in; what was not measured is absent. */
export interface OpCost {
  readonly float: number;
  /** Int8 with calibrated ranges, what the change costs the float nodes behind it included. */
  readonly static?: number;
  /** Int8 with ranges measured at run time, the measuring included. */
  readonly dynamic?: number;
}

/** Op types that an int8 op may take in, so that their float time is saved, too. */
const ABSORBED = ['Relu', 'Clip'];

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

/** The part of a table that foretells ratios: float times of ops that stay float in any case cancel out. */
export function decisiveCosts(table: CostTable, typeOf: (op: string) => string): CostTable {
  const ops = Object.entries(table.ops).filter(
    ([name, cost]) => Object.keys(cost).length > 1 || ABSORBED.includes(typeOf(name)),
  );
  return { ...table, ops: Object.fromEntries(ops) };
}
