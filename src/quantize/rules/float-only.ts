import type { OpRule } from './op-rule.ts';

const REASONS: Readonly<Record<string, string>> = {
  ConvTranspose: 'ConvTranspose has no integer kernel on WASM',
  GRU: 'GRU has no integer kernel on WASM',
  RNN: 'RNN has no integer kernel on WASM',
  If: 'its sub-graphs compute in float: only their weights are stored in fewer bits',
  Loop: 'its sub-graph computes in float: only its weights are stored in fewer bits',
  Scan: 'its sub-graph computes in float: only its weights are stored in fewer bits',
  Gather: 'Gather looks values up: only its table is stored in fewer bits',
};

/** Ops with weights that compute in float on WASM, and why. */
export const floatOnly: OpRule = {
  opTypes: Object.keys(REASONS),
  roles: (node) => REASONS[node.opType ?? ''] ?? 'it has no integer kernel on WASM',
};
