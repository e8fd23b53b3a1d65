import * as ort from 'onnxruntime-web';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.jsep.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.jsep.wasm?url';
import { systemClock } from '../../../src/base/clock.ts';
import { serve } from '../../../src/bridge/remote.ts';
import { SessionHost } from '../../../src/engine/session-host.ts';

ort.env.wasm.wasmPaths = { mjs: new URL(mjs, self.location.href).href, wasm: new URL(wasm, self.location.href).href };
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** ONNX Runtime's older WebGPU provider, which computes QDQ models wrongly: microsoft/onnxruntime issue 32578. */
serve(
  new SessionHost(
    {
      provider: 'webgpu',
      InferenceSession: ort.InferenceSession,
      Tensor: ort.Tensor,
      env: ort.env,
      device: () => Promise.resolve({ name: 'the older provider', float16: false }),
      printedBy: () => [],
    },
    systemClock,
  ),
);
