import { fromBase64 } from '../../base/base64.ts';

/** Exports of a module given as base64, made when first asked for: one per thread. WASM SIMD is what ONNX Runtime needs anyway. */
export function lazyKernel<Exports>(wasm: string): () => Exports {
  let exports: Exports | undefined;
  return () => (exports ??= new WebAssembly.Instance(new WebAssembly.Module(fromBase64(wasm))).exports as Exports);
}
