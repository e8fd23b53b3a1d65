import type { Trial } from './types.ts';

/** True for a model that only stores its weights compactly: it runs the float model's own kernels. */
export function isCompact({ config }: Pick<Trial, 'config'>): boolean {
  return !config.float16Compute && Object.values(config.ops).every((op) => op === 'fp32');
}
