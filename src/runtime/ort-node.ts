import fs from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-web';
import { ProfileCapture } from './profile-capture.ts';
import type { OrtModule } from './session.ts';
import { shareWasm } from './shared-wasm.ts';

/** share-wasm.mjs as text: a bundle for Node has no file of it. */
const FACTORY = `export default async (config) => {
  const shared = globalThis.octetOrtWasm;
  const { default: create } = await import(shared.factoryUrl);
  return (shared.instance = await create(config));
};`;
const { resolve } = createRequire(import.meta.url);
const url = (file: string): string => pathToFileURL(resolve(`onnxruntime-web/${file}`)).href;
ort.env.wasm.wasmPaths = {
  mjs: `data:text/javascript,${encodeURIComponent(FACTORY)}`,
  wasm: url('ort-wasm-simd-threaded.wasm'),
};

// One thread per worker: several one-thread workers beat one session with threads, idle and busy.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const capture = new ProfileCapture();
const { writeSync } = fs;
/** In Node the WASM build prints a profile through fs.writeSync on standard output. */
fs.writeSync = ((fd: number, text: string, ...rest: never[]) =>
  fd === 1 && typeof text === 'string' && capture.takes(text)
    ? text.length
    : writeSync(fd, text, ...rest)) as typeof fs.writeSync;

/** ONNX Runtime's WASM build as it loads in Node. */
const module: OrtModule = {
  provider: 'wasm',
  InferenceSession: ort.InferenceSession,
  Tensor: ort.Tensor,
  env: ort.env,
  device: async () => ({ name: 'CPU', float16: false }),
  wasm: shareWasm(url('ort-wasm-simd-threaded.mjs'), ort.InferenceSession),
  printedBy: (act) => capture.during(act),
};
export { module as ort };
