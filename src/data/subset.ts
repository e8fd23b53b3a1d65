import type { Dataset } from './dataset.ts';

/** Samples `start … start+count-1` as a dataset of its own; its hash stays that of the files. */
export function subset(dataset: Dataset, start: number, count: number): Dataset {
  const first = Math.min(start, dataset.count);
  const rows = Math.min(count, dataset.count - first);
  return {
    name: dataset.name,
    count: rows,
    hasLabels: dataset.hasLabels,
    ...(dataset.classNames && { classNames: dataset.classNames }),
    warnings: dataset.warnings,
    read: (from, wanted) => dataset.read(first + from, Math.max(0, Math.min(wanted, rows - from))),
    sha256: () => dataset.sha256(),
  };
}

/** The first `count` samples, or all where there are fewer. */
export function takeFirst(dataset: Dataset, count: number): Dataset {
  return subset(dataset, 0, count);
}
