import * as ort from 'onnxruntime-web/wasm';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

// Both paths, absolute: with one of them missing a production build fetches the wrong file or hangs.
ort.env.wasm.wasmPaths = { mjs: new URL(mjs, self.location.href).href, wasm: new URL(wasm, self.location.href).href };
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** ONNX Runtime's WASM build as it loads in a module worker of the page. */
export { ort };
