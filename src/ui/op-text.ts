import type { OpConfig } from '../quantize/config.ts';

/** What an op computes in, in a few words. */
export function opText(op: OpConfig | undefined): string {
  if (op === undefined || op === 'fp32') return 'float';
  if (op.mode === 'weight_only') return `int4 weights in groups of ${op.weight.groupSize}`;
  const range = op.mode === 'dynamic' ? '' : `, ${op.activation.algorithm}`;
  return `int8, ${op.mode}, ${op.weight.granularity.replace('_', ' ')}${range}`;
}
