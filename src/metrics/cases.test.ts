import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../base/resolve-options.ts';
import type { Tensor } from '../base/tensor.ts';
import type { InputSpec, SourceFile } from '../data/dataset.ts';
import { openDataset } from '../data/open-dataset.ts';
import { takeFirst } from '../data/subset.ts';
import { ort } from '../runtime/ort-node.ts';
import { METRICS } from './registry.ts';

const root = process.env.OCTET_CASES ?? '';

interface Scored {
  readonly name: string;
  readonly files: readonly string[];
  readonly input: InputSpec;
  readonly metric: string;
  readonly options?: Record<string, unknown>;
  readonly samples: number;
  readonly batch: number;
}

function dropped(name: string, path: string): SourceFile {
  return { path, blob: new Blob([readFileSync(join(root, name, path))]) };
}

/** Score of the float model, the way an evaluation goes: batch by batch. */
async function score({
  name,
  files,
  input,
  metric: metricName,
  options = {},
  samples,
  batch,
}: Scored): Promise<number> {
  const all = await openDataset(
    files.map((path) => dropped(name, path)),
    { inputs: [input], labels: 'required' },
  );
  const dataset = takeFirst(all, samples);
  const session = await ort.InferenceSession.create(readFileSync(join(root, name, 'model.onnx')));
  const metric = METRICS.get(metricName)!;
  const values = new Float64Array(dataset.count);
  for (let start = 0; start < dataset.count; start += batch) {
    const { inputs, labels } = await dataset.read(start, batch);
    const { data, dims } = inputs[input.name]!;
    const fed = new ort.Tensor(input.type as 'float32', data as Float32Array, dims as number[]);
    const result = Object.values(await session.run({ [input.name]: fed }))[0]!;
    const output: Tensor = { type: 'float32', dims: result.dims, data: result.data as Float32Array<ArrayBuffer> };
    values.set(
      metric.measure(
        { outputs: [output], ...(labels && { labels }) },
        resolveOptions(metric.options, options, metricName),
      ),
      start,
    );
  }
  await session.release();
  return metric.score(values);
}

describe.skipIf(!existsSync(root))('scores of the float models are those of the cases', () => {
  const image: InputSpec = { name: 'image', type: 'float32', dims: [null, 1, 28, 28] };
  const lenet = { name: 'fashion-lenet-uneq', input: image, metric: 'topk', samples: 2000, batch: 100 };

  it.each<Scored & { expected: number }>([
    { ...lenet, files: ['eval.npz'], expected: 0.8815 },
    {
      ...lenet,
      files: ['eval-images-idx3-ubyte.gz', 'eval-labels-idx1-ubyte.gz'],
      metric: 'Accuracy',
      expected: 0.8815,
    },
    {
      name: 'language-id',
      files: ['eval.npz'],
      input: { name: 'x', type: 'float32', dims: [null, 620] },
      metric: 'topk',
      samples: 2659,
      batch: 500,
      expected: 0.8951,
    },
    {
      name: 'text-recognition',
      files: ['eval.npz'],
      input: { name: 'x', type: 'float32', dims: [null, 3, 48, 320] },
      metric: 'ctc_exact_match',
      options: { blank: 0, space: 6624 },
      samples: 8,
      batch: 4,
      expected: 1,
    },
  ])(
    '$name with $metric',
    async ({ expected, ...scored }) => {
      expect(await score(scored)).toBeCloseTo(expected, 4);
    },
    60_000,
  );
});
