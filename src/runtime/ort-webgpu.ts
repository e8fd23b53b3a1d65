import * as ort from 'onnxruntime-web/webgpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { Fault } from '../base/fault.ts';
import type { ProviderDevice } from '../base/provider.ts';
import type { OrtModule } from './session.ts';

// Both paths, absolute, as in ort-web.ts.
ort.env.wasm.wasmPaths = { mjs: new URL(mjs, self.location.href).href, wasm: new URL(wasm, self.location.href).href };
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** What is used of WebGPU; TypeScript's libraries do not have it. */
interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<{
    readonly info: { readonly vendor: string; readonly architecture: string };
    readonly features: ReadonlySet<string>;
  } | null>;
}

async function device(): Promise<ProviderDevice> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new Fault('provider-unavailable', {
      message: 'This browser offers no WebGPU adapter',
      found: gpu ? 'navigator.gpu without an adapter' : 'no navigator.gpu',
      accepted: 'a browser with WebGPU and a graphics processor that it supports',
      next: 'Choose WASM (device: cpu), or allow WebGPU in the settings of the browser.',
    });
  }
  const { vendor, architecture } = adapter.info;
  const name = `${vendor} ${architecture}`.trim();
  return { name: name === '' ? 'unnamed adapter' : name, float16: adapter.features.has('shader-f16') };
}

let releaseLast: () => Promise<void> = () => Promise.resolve();

/** The device and its compiled shaders, seconds of work, go with the last session: one is always held back. */
const create: OrtModule['InferenceSession']['create'] = async (model, options) => {
  const session = await ort.InferenceSession.create(model, options);
  const release = session.release.bind(session);
  session.release = async () => {
    const before = releaseLast;
    releaseLast = release;
    await before();
  };
  return session;
};

/** ONNX Runtime's build with the native WebGPU provider (27 MB), as it loads in a module worker of the page. */
const module: OrtModule = {
  provider: 'webgpu',
  InferenceSession: { create },
  Tensor: ort.Tensor,
  env: ort.env,
  device,
  // Ops are timed on WASM alone, where int8 has kernels.
  printedBy: (act) => {
    act();
    return [];
  },
};
export { module as ort };
