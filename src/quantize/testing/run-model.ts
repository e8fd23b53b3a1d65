import fs from 'node:fs';
import * as ort from 'onnxruntime-web';
import type { Tensor } from '../../base/tensor.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Lines of the profile. In Node the WASM build prints through fs.writeSync on standard output. */
let lines: string[] = [];
const { writeSync } = fs;
fs.writeSync = ((fd: number, text: string, ...rest: never[]) => {
  if (fd !== 1 || typeof text !== 'string' || !text.startsWith('{"cat"')) return writeSync(fd, text, ...rest);
  lines.push(...text.split('\n'));
  return text.length;
}) as typeof fs.writeSync;

/** Runs a model on WASM; `profile` adds the types of the kernels that ran, after fusion. */
export async function runModel(
  bytes: Uint8Array,
  feeds: Record<string, Tensor>,
  profile = false,
  graphOptimizationLevel: 'all' | 'disabled' = 'all',
): Promise<{ outputs: Record<string, Tensor>; kernels: string[] }> {
  lines = [];
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    enableProfiling: profile,
    graphOptimizationLevel,
  });
  const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    new ort.Tensor(type as 'float32', data as Float32Array, dims),
  ]);
  const results = await session.run(Object.fromEntries(inputs));
  if (profile) session.endProfiling();
  await session.release();
  const outputs = Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => [name, { type, dims, data } as Tensor]),
  );
  return { outputs, kernels: lines.flatMap(kernelType) };
}

/** Op type of a line of the Chrome trace, if it is the time of one kernel. */
function kernelType(line: string): string[] {
  const match = /"cat"\s*:\s*"Node".*"name"\s*:\s*"[^"]*_kernel_time".*"op_name"\s*:\s*"(\w+)"/.exec(line);
  return match ? [match[1] as string] : [];
}
