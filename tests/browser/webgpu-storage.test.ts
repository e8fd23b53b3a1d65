import * as ort from 'onnxruntime-web/webgpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { expect, it } from 'vitest';
import { concatenate } from '../../src/base/bytes.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { TestNode } from '../../src/onnx/testing/build-model.ts';
import { randomTensor } from '../../src/quantize/testing/build-model.ts';
import { prepare, random, type Net } from '../../src/quantize/testing/prepared-net.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { ProfileCapture } from '../../src/runtime/profile-capture.ts';
import { kernelTimes } from '../../src/runtime/kernel-times.ts';

const capture = new ProfileCapture();
const log = console.log.bind(console);
console.log = (...parts: unknown[]): void => {
  if (parts.length !== 1 || typeof parts[0] !== 'string' || !capture.takes(parts[0])) log(...parts);
};
ort.env.wasm.wasmPaths = { mjs: new URL(mjs, location.href).href, wasm: new URL(wasm, location.href).href };
ort.env.wasm.numThreads = 1;

async function run(bytes: Uint8Array, dims: readonly number[]) {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['webgpu'], enableProfiling: true });
  const x = randomTensor(dims);
  const { y } = await session.run({ x: new ort.Tensor('float32', x.data as Float32Array, dims) });
  const data = (await y!.getData()) as Float32Array;
  const lines = capture.during(() => session.endProfiling());
  await session.release();
  return {
    data,
    kernels: kernelTimes(lines, 0)
      .map(({ opType }) => opType)
      .toSorted(),
  };
}

const node = (opType: string, attributes: TestNode['attributes'] = {}): TestNode => ({
  opType,
  input: ['x', 'w'],
  output: ['y'],
  attributes,
});

/** SwiftShader, where there is no graphics card; browsers without either have no WebGPU to test. */
const adapter = await navigator.gpu?.requestAdapter();

it.skipIf(!adapter).each<readonly [string, Net]>([
  ['Conv', { nodes: [node('Conv')], constants: [random('w', [8, 4, 3, 3])] }],
  ['MatMul', { nodes: [node('MatMul')], constants: [random('w', [8, 40])] }],
  ['Gemm', { nodes: [node('Gemm', { transB: 1 })], constants: [random('w', [40, 8])], dims: [3, 8] }],
])('stored weights of a %s leave nothing behind on WebGPU', async (_, net) => {
  const model = prepare(net);
  const dims = net.dims ?? [1, 4, 8, 8];
  const float = await run(encodeModel(model.graph.model), dims);
  for (const weightStorage of ['int8', 'float16'] as const) {
    const { parts } = rewrite(model, { ops: {}, weightStorage }, {}, new WeightCache());
    const stored = await run(concatenate(parts), dims);
    expect(stored.kernels).toEqual(float.kernels);
    const worst = Math.max(...stored.data.map((value, i) => Math.abs(value - float.data[i]!)));
    expect(worst).toBeLessThan(0.1);
  }
});
