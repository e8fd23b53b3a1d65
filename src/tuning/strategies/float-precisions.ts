import type { TuneStrategy } from '../types.ts';

/**
 * For a provider without int8 kernels (WebGPU), whatever strategy the configuration names: nothing is left to choose but the
 * precision that float ops compute in. The compact model is trial 0; the float16 models follow, weights in float16 first.
 */
export const FLOAT_PRECISIONS: TuneStrategy = {
  name: 'float-precisions',
  help: 'Compact weights, then float16 compute where the device has it.',
  options: {},
  endsByItself: true,
  async *propose({ space, conclude }) {
    if (space.float16Compute !== 'offered') {
      conclude(
        'WebGPU has no int8 kernels, and float16 compute is not to be had: only weights could be stored compactly',
      );
      return;
    }
    conclude('Every precision that WebGPU computes in was tried');
    const storages = space.weightStorage === 'auto' ? (['float16', 'auto'] as const) : [space.weightStorage];
    for (const weightStorage of storages) {
      const stage = weightStorage === 'auto' ? 'float16 compute, int8 weights' : 'float16 compute';
      yield [{ config: { ops: {}, weightStorage, samplingSize: 0, float16Compute: true }, stage }];
    }
  },
};
