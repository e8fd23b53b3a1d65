import type { Batch, Dataset } from './dataset.ts';
import { joinSamples } from './join-samples.ts';

/** The samples with these numbers (ascending, each once) as a dataset of their own; its hash stays that of the files. */
export function pick(dataset: Dataset, numbers: readonly number[]): Dataset {
  return {
    name: dataset.name,
    count: numbers.length,
    hasLabels: dataset.hasLabels,
    ...(dataset.classNames && { classNames: dataset.classNames }),
    warnings: dataset.warnings,
    sha256: () => dataset.sha256(),
    async read(start, count) {
      const parts: Batch[] = [];
      for (const [first, length] of runsOf(numbers.slice(start, start + count))) {
        parts.push(await dataset.read(first, length));
      }
      return parts.length === 0 ? dataset.read(0, 0) : joined(parts);
    },
  };
}

/** Neighbouring numbers are read together: first number and length of each run. */
function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === number) last[1]++;
    else runs.push([number, 1]);
  }
  return runs;
}

function joined(parts: readonly Batch[]): Batch {
  const [first] = parts;
  if (!first || parts.length === 1) return first as Batch;
  const names = Object.keys(first.inputs);
  return {
    inputs: Object.fromEntries(
      names.map((name) => [
        name,
        joinSamples(
          parts.flatMap(({ inputs }) => inputs[name] ?? []),
          name,
        ),
      ]),
    ),
    ...(first.labels
      ? {
          labels: joinSamples(
            parts.flatMap(({ labels }) => labels ?? []),
            'labels',
          ),
        }
      : {}),
  };
}
