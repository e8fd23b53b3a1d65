import type { Trial } from './types.ts';

/** True for a model that only stores its weights compactly: it runs the float model's own kernels, or fewer. */
export function isCompact({ config }: Pick<Trial, 'config'>): boolean {
  if (config.matmulNBits || config.float16Compute) return false;
  return Object.values(config.ops).every((op) => op === 'fp32' || op.mode === 'weight_only');
}
