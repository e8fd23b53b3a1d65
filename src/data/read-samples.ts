import type { Tensor } from '../base/tensor.ts';
import type { Batch, Dataset } from './dataset.ts';
import { joinSamples } from './join-samples.ts';

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
    inputs: Object.fromEntries(
      names.map((name) => [
        name,
        joinSamples(
          parts.map(({ inputs }) => inputs[name] as Tensor),
          name,
        ),
      ]),
    ),
    ...(labels.length > 0 ? { labels: joinSamples(labels, 'labels') } : {}),
  };
}
