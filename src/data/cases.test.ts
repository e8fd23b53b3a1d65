import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../base/tensor.ts';
import type { Dataset, InputSpec, SourceFile } from './dataset.ts';
import { recogniseFiles } from './recognised-files.ts';
import { openDataset, type TransformSpec } from './open-dataset.ts';

const root = process.env.OCTET_CASES ?? '';

interface CaseFacts {
  readonly input: string;
  readonly n_calib: number;
  readonly n_eval: number;
  readonly n_eval_images?: number;
  readonly preprocessing?: { readonly input_shape: readonly (string | number)[] };
}

const factsOf = (name: string): CaseFacts =>
  JSON.parse(readFileSync(join(root, name, 'case.json'), 'utf8')) as CaseFacts;

function files(name: string, ...paths: string[]): SourceFile[] {
  return paths.map((path) => ({ path, blob: new Blob([readFileSync(join(root, name, path))]) }));
}

const FLAT: Record<string, InputSpec> = {
  'language-id': { name: 'x', type: 'float32', dims: [null, 620] },
  'spam-transformer': { name: 'ids', type: 'int64', dims: [null, 128] },
};

function inputOf(name: string): InputSpec {
  const { input, preprocessing } = factsOf(name);
  const dims = preprocessing?.input_shape.map((dim) => (typeof dim === 'number' ? dim : null)) ?? [];
  return FLAT[name] ?? { name: input, type: 'float32', dims };
}

function largestDifference(a: Tensor, b: Tensor): number {
  expect(a.dims).toEqual(b.dims);
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  return most;
}

function withoutLabels(dataset: Dataset): Dataset {
  return { ...dataset, read: async (start, count) => ({ inputs: (await dataset.read(start, count)).inputs }) };
}

async function expectSameSamples(a: Dataset, b: Dataset, input: string, rowsOfB: readonly number[]): Promise<void> {
  expect(a.count).toBe(rowsOfB.length);
  for (let index = 0; index < a.count; index += Math.ceil(a.count / 60)) {
    const one = await a.read(index, 1);
    const other = await b.read(rowsOfB[index]!, 1);
    expect(largestDifference(one.inputs[input]!, other.inputs[input]!)).toBeLessThanOrEqual(1e-6);
    if (one.labels)
      expect([...one.labels.data].map(Number)).toEqual(
        [...other.labels!.data].map(Number).slice(0, one.labels.data.length),
      );
  }
}

/** The rows of the arrays that the pictures of a zip stand for, in path order: numbers in the file names. */
async function rowsInZip(name: string, path: string): Promise<number[]> {
  const recognised = await recogniseFiles(files(name, path));
  return recognised.map(({ source }) => Number(/(\d+)\.png$/.exec(source.path)![1]));
}

const GRAY: TransformSpec[] = [
  { name: 'Rescale', options: {} },
  { name: 'Transpose', options: { perm: [2, 0, 1] } },
];
const textLine = (width: number): TransformSpec[] => [
  { name: 'ReverseChannels', options: {} },
  { name: 'PadToSize', options: { width, height: 48, value: 127 } },
  { name: 'Normalize', options: { mean: [127.5], std: [127.5] } },
  { name: 'Transpose', options: { perm: [2, 0, 1] } },
];

describe.skipIf(!existsSync(root))('the cases', () => {
  it.each([
    'fashion-lenet-uneq',
    'fashion-mobilenet',
    'fashion-vit-outliers',
    'language-id',
    'spam-transformer',
    'text-direction',
    'text-recognition',
  ])('%s: arrays and labels load', async (name) => {
    const facts = factsOf(name);
    const input = inputOf(name);
    const evaluation = await openDataset(files(name, 'eval.npz'), { inputs: [input], labels: 'required' });
    const calibration = await openDataset(files(name, 'calib.npz'), { inputs: [input] });
    expect([evaluation.count, calibration.count]).toEqual([facts.n_eval, facts.n_calib]);
    expect([evaluation.hasLabels, calibration.hasLabels]).toEqual([true, false]);
    expect([evaluation.warnings, calibration.warnings]).toEqual([[], []]);
    const { inputs, labels } = await evaluation.read(facts.n_eval - 3, 10);
    expect(inputs[input.name]!.dims).toEqual([3, ...input.dims.slice(1)]);
    expect(labels!.type).toBe('int64');
    expect(labels!.dims[0]).toBe(3);
  });

  it.each(['fashion-lenet-uneq', 'fashion-mobilenet', 'fashion-vit-outliers'])(
    '%s: IDX files equal the arrays',
    async (name) => {
      const input = inputOf(name);
      for (const part of ['eval', 'calib']) {
        const idx = files(name, `${part}-images-idx3-ubyte.gz`, `${part}-labels-idx1-ubyte.gz`);
        const arrays = await openDataset(files(name, `${part}.npz`), { inputs: [input] });
        const rows = Array.from({ length: arrays.count }, (_, i) => i);
        for (const transforms of [GRAY, []]) {
          const opened = await openDataset(idx, { inputs: [input], transforms, labels: 'required' });
          expect(opened.warnings.length).toBe(transforms.length > 0 ? 0 : 1);
          await expectSameSamples(part === 'eval' ? opened : withoutLabels(opened), arrays, input.name, rows);
        }
      }
    },
  );

  it.each([
    ['fashion-mobilenet', 'eval', GRAY],
    ['text-direction', 'eval', textLine(192)],
    ['text-direction', 'calib', textLine(192)],
    ['text-recognition', 'eval', textLine(320)],
    ['text-recognition', 'calib', textLine(320)],
  ] as const)('%s: %s pictures through the preprocessing equal the arrays', async (name, part, transforms) => {
    const input = inputOf(name);
    const path = `${part}-images.zip`;
    const tables = name === 'text-recognition' && part === 'eval' ? files(name, 'labels.csv', 'characters.txt') : [];
    const pictures = await openDataset([...files(name, path), ...tables], { inputs: [input], transforms });
    expect(pictures.hasLabels).toBe(name !== 'text-recognition' || part === 'eval');
    const arrays = await openDataset(files(name, `${part}.npz`), { inputs: [input] });
    await expectSameSamples(
      arrays.hasLabels ? pictures : withoutLabels(pictures),
      arrays,
      input.name,
      await rowsInZip(name, path),
    );
  });

  it('text-recognition: texts without characters.txt are refused as labels', async () => {
    const inputs = [inputOf('text-recognition')];
    const dropped = files('text-recognition', 'eval-images.zip', 'labels.csv');
    const transforms = textLine(320);
    await expect(openDataset(dropped, { inputs, transforms, labels: 'required' })).rejects.toMatchObject({
      code: 'data-labels-range',
    });
    const optional = await openDataset(dropped, { inputs, transforms });
    expect([optional.hasLabels, optional.count, optional.warnings.length]).toEqual([false, 200, 1]);
  });
});
