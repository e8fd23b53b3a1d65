/* eslint-disable no-console -- the runtime prints profiles there, and takes the function when it starts */
import * as ort from 'onnxruntime-web/wasm';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { ProfileCapture } from './profile-capture.ts';
import type { OrtModule } from './session.ts';
import factory from './share-wasm.mjs?url&no-inline';
import { shareWasm } from './shared-wasm.ts';

const absolute = (url: string): string => new URL(url, self.location.href).href;

// Both paths, absolute: with one of them missing a production build fetches the wrong file or hangs.
ort.env.wasm.wasmPaths = { mjs: absolute(factory), wasm: absolute(wasm) };
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const capture = new ProfileCapture();
const log = console.log.bind(console);
/** A worker prints a profile through console.log, which the WASM build binds when it starts: this must come before. */
console.log = (...parts: unknown[]): void => {
  if (parts.length !== 1 || typeof parts[0] !== 'string' || !capture.takes(parts[0])) log(...parts);
};

/** ONNX Runtime's WASM build as it loads in a module worker of the page. */
const module: OrtModule = {
  provider: 'wasm',
  InferenceSession: ort.InferenceSession,
  Tensor: ort.Tensor,
  env: ort.env,
  device: async () => ({ name: 'CPU', float16: false }),
  wasm: shareWasm(absolute(mjs), ort.InferenceSession),
  printedBy: (act) => capture.during(act),
};
export { module as ort };
