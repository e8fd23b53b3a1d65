import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { Provider, ProviderDevice } from '../base/provider.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import type { TuningSpace } from '../tuning/types.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';
import type { Platform } from './tune-input.ts';

/** Where the tuned model will run: what calibrates, scores and times. */
export interface Target {
  readonly provider: Provider;
  readonly pool: SessionPool;
  readonly device: ProviderDevice;
}

/** Keys of the configuration that name a device. */
type DeviceKey = 'device' | 'quantization.calibration.device' | 'evaluation.accuracy.device';

/** The target that a key of the configuration names. Throws `provider-unavailable`. */
export async function openTarget(
  wanted: TuneSettings['device'],
  { pool, gpuPool }: Pick<Platform, 'pool' | 'gpuPool'>,
  key: DeviceKey = 'device',
): Promise<Target> {
  if (wanted === 'cpu') return { provider: 'wasm', pool, device: { name: 'CPU', float16: false } };
  if (!gpuPool) throw withoutGpu(key);
  return { provider: 'webgpu', pool: gpuPool, device: await (gpuPool.workers[0] as SessionWorker).api.device() };
}

/** For places that have no WebGPU at all. */
export function withoutGpu(key: DeviceKey = 'device'): Fault {
  return new Fault('provider-unavailable', {
    message: 'There is no WebGPU here: the command line and this build of ONNX Runtime for Node have none',
    place: `${key}: gpu`,
    accepted: `${key}: cpu`,
    next: `Set ${key}: cpu, or tune this configuration on the page, in a browser with WebGPU.`,
  });
}

/** The space as far as the device goes: without `shader-f16` nothing computes in float16. Throws `provider-unavailable`. */
export function spaceOn(
  { provider, device }: Target,
  space: TuningSpace,
): { readonly space: TuningSpace; readonly warnings: readonly Warning[] } {
  const { float16Compute, ...rest } = space;
  if (provider !== 'webgpu' || float16Compute === undefined || device.float16) return { space, warnings: [] };
  const message = `The adapter (${device.name}) has no shader-f16: it cannot compute in float16.`;
  if (float16Compute === 'always') {
    throw new Fault('provider-unavailable', {
      message,
      place: 'quantization.recipes.float16_compute',
      accepted: 'auto or false',
      next: 'Set float16_compute: auto, or use a device that computes in float16.',
    });
  }
  return { space: rest, warnings: [{ code: 'float16-unavailable', message }] };
}
