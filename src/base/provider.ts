/** What runs a model's kernels. One per session: of a list, ONNX Runtime silently takes another where the first is missing. */
export type Provider = 'wasm' | 'webgpu';

/** The hardware behind a provider. */
export interface ProviderDevice {
  /** As the browser tells it: 'apple m1', 'google swiftshader'; 'CPU' for WASM. */
  readonly name: string;
  /** Whether it computes in float16 (WebGPU's `shader-f16`). */
  readonly float16: boolean;
}
