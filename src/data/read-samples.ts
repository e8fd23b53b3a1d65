import { allocate, elementCount, type Tensor } from '../base/tensor.ts';
import type { Batch, Dataset } from './dataset.ts';

/** The samples of these numbers, in their order; neighbours are read together. */
export async function readSamples(dataset: Dataset, samples: readonly number[]): Promise<Batch> {
  const parts: Batch[] = [];
  for (let start = 0; start < samples.length;) {
    const first = samples[start] as number;
    let end = start + 1;
    while (samples[end] === first + end - start) end++;
    parts.push(await dataset.read(first, end - start));
    start = end;
  }
  const [whole, ...others] = parts;
  if (whole && others.length === 0) return whole;
  const names = Object.keys(whole?.inputs ?? {});
  const labels = parts.flatMap((part) => part.labels ?? []);
  return {
    inputs: Object.fromEntries(names.map((name) => [name, joined(parts.map(({ inputs }) => inputs[name] as Tensor))])),
    ...(labels.length > 0 ? { labels: joined(labels) } : {}),
  };
}

/** Tensors of equal type and sample dims, one behind the other. */
function joined(tensors: readonly Tensor[]): Tensor {
  const { type, dims } = tensors[0] as Tensor;
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.dims[0] ?? 0), 0);
  const data = allocate(type, rows * elementCount(dims.slice(1)));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as never, at);
    at += tensor.data.length;
  }
  return { type, dims: [rows, ...dims.slice(1)], data };
}
