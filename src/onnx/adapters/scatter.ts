import { revised, type OpsetAdapter } from './adapter.ts';

/** Operator set 11 renamed it. */
export const SCATTER: OpsetAdapter = {
  opTypes: ['Scatter'],
  version: 11,
  adapt: (node) => [revised(node, { opType: 'ScatterElements' })],
};
