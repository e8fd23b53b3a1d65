import * as ort from 'onnxruntime-web';

// One thread per worker: several one-thread workers beat one session with threads, idle and busy.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** ONNX Runtime's WASM build as it loads in Node. */
export { ort };
