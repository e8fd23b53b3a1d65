import { allocate, type Tensor } from '../base/tensor.ts';
import type { Batch, Dataset } from './dataset.ts';

/** The dataset with `shift` subtracted from every label (LabelShift of Neural Compressor): label 1 of 1 … 1000 becomes 0. */
export function shiftLabels(dataset: Dataset, shift: number): Dataset {
  if (shift === 0 || !dataset.hasLabels) return dataset;
  return {
    name: dataset.name,
    count: dataset.count,
    hasLabels: true,
    ...(dataset.classNames && { classNames: dataset.classNames }),
    warnings: dataset.warnings,
    sha256: () => dataset.sha256(),
    async read(start, count): Promise<Batch> {
      const { inputs, labels } = await dataset.read(start, count);
      return labels ? { inputs, labels: shifted(labels, shift) } : { inputs };
    },
  };
}

/** As int64: a shifted unsigned label may be negative, which the metric then reports. */
function shifted({ dims, data }: Tensor, shift: number): Tensor {
  const labels = allocate('int64', data.length) as BigInt64Array;
  labels.forEach((_, i) => (labels[i] = BigInt(Math.round(Number(data[i]))) - BigInt(shift)));
  return { type: 'int64', dims, data: labels };
}
