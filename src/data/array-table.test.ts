import { describe, expect, it } from 'vitest';
import { Fault } from '../base/fault.ts';
import type { TensorData } from '../base/tensor.ts';
import { labels, npy, npz } from '../../tests/cli/npz.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import type { InputSpec, SourceFile } from './dataset.ts';
import { listArrays } from './open-columns.ts';
import { openDataset } from './open-dataset.ts';

const INPUTS: readonly InputSpec[] = [
  { name: 'input_ids', type: 'int64', dims: [null, 4] },
  { name: 'weights', type: 'float32', dims: [null, 2] },
];
const integers = (count: number): TensorData => BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
const floats = (count: number): TensorData => Float32Array.from({ length: count }, (_, i) => i / 2);

async function arrays(): Promise<SourceFile[]> {
  const bytes = await npz({
    ids: npy([3, 4], integers(12)),
    noise: npy([3, 2, 2], floats(12)),
    truth: labels(2, 0, 1),
    w: npy([3, 2], floats(6)),
  });
  return [{ path: 'eval.npz', blob: new Blob([bytes]) }];
}

const lines = [
  { tokens: [1, 2, 3, 4], pair: [0.5, 1], text: 'a', answer: 'yes' },
  { tokens: [5, 6, 7, 8], pair: [1.5, 2], text: 'b', answer: 'no' },
];
const table: SourceFile[] = [
  { path: 'eval.jsonl', blob: new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]) },
];

function opened(files: readonly SourceFile[], choice?: ArrayChoice) {
  return openDataset(files, { inputs: INPUTS, labels: 'required', ...(choice && { arrays: choice }) });
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await promise.catch((each: unknown) => each);
  if (thrown instanceof Fault) return thrown;
  throw new Error('Nothing was thrown');
}

describe('arrays of an npz', () => {
  const choice: ArrayChoice = { inputs: { input_ids: 'ids', weights: 'w' }, labels: 'truth' };

  it('whose names are not those of the inputs are a fault that says what to choose', async () => {
    const { code, details } = await faultOf(opened(await arrays()));
    expect(code).toBe('data-input-mismatch');
    expect(details).toMatchObject({ place: 'input_ids', found: 'ids, noise, truth, w' });
    expect(details.next).toContain('dataloader: {inputs: {input_ids: NAME}}');
  });

  it('feed the inputs that the choice names, and give the labels', async () => {
    const { inputs, labels: found } = await (await opened(await arrays(), choice)).read(1, 1);
    expect(Array.from(inputs['input_ids']?.data ?? [], Number)).toEqual([4, 5, 6, 7]);
    expect(Array.from(inputs['weights']?.data ?? [], Number)).toEqual([1, 1.5]);
    expect(Array.from(found?.data ?? [], Number)).toEqual([0]);
  });

  it('are listed with what each can be, and why not', async () => {
    const found = await listArrays(await arrays(), { inputs: INPUTS, needsLabels: true });
    expect(found.inputs).toEqual({ input_ids: null, weights: null });
    expect(found.labels).toBeNull();
    expect(found.arrays.map(({ name, words, unfit, noLabels }) => [name, words, unfit, noLabels])).toEqual([
      ['ids', 'int64 [4]', { weights: 'int64, wanted float32' }, null],
      [
        'noise',
        'float32 [2, 2]',
        { input_ids: 'float32, wanted int64', weights: '[2, 2], wanted [2]' },
        '[2, 2] a sample',
      ],
      ['truth', 'int64', { input_ids: '[], wanted [4]', weights: 'int64, wanted float32' }, null],
      ['w', 'float32 [2]', { input_ids: 'float32, wanted int64' }, null],
    ]);
    expect(await listArrays(await arrays(), { inputs: INPUTS, needsLabels: true, arrays: choice })).toMatchObject({
      inputs: choice.inputs,
      labels: 'truth',
    });
    // One that is chosen is told, though the other is not known yet.
    const half = { inputs: { input_ids: 'ids' } };
    const halfway = await listArrays(await arrays(), { inputs: INPUTS, needsLabels: true, arrays: half });
    expect(halfway.inputs).toEqual({ input_ids: 'ids', weights: null });
  });

  it('that are not there are named', async () => {
    const wrong = await faultOf(opened(await arrays(), { ...choice, inputs: { ...choice.inputs, weights: 'v' } }));
    expect(wrong.code).toBe('data-input-mismatch');
    expect(wrong.details.message).toBe('The data have no array v, which is to feed the input weights.');
    const unlabelled = await faultOf(opened(await arrays(), { ...choice, labels: 'y_true' }));
    expect(unlabelled.code).toBe('data-labels-missing');
    expect(unlabelled.details.message).toContain('y_true');
  });
});

describe('fields of a table', () => {
  const choice: ArrayChoice = { inputs: { input_ids: 'tokens', weights: 'pair' }, labels: 'answer' };

  it('can be chosen as arrays can, texts as labels', async () => {
    expect((await faultOf(opened(table))).details).toMatchObject({ found: 'tokens, pair, text, answer' });
    const dataset = await opened(table, choice);
    expect(dataset.classNames).toEqual(['no', 'yes']);
    const { inputs, labels: found } = await dataset.read(0, 2);
    expect(Array.from(inputs['input_ids']?.data ?? [], Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Array.from(inputs['weights']?.data ?? [], Number)).toEqual([0.5, 1, 1.5, 2]);
    expect(Array.from(found?.data ?? [], Number)).toEqual([1, 0]);
  });

  it('are listed', async () => {
    const found = await listArrays(table, { inputs: INPUTS, needsLabels: false, arrays: choice });
    expect(found).toMatchObject({ inputs: choice.inputs, labels: 'answer' });
    expect(found.arrays.map(({ name, words }) => [name, words])).toEqual([
      ['tokens', 'numbers [4]'],
      ['pair', 'numbers [2]'],
      ['text', 'text'],
      ['answer', 'text'],
    ]);
    expect(found.arrays[2]?.unfit).toEqual({ input_ids: 'text is no input', weights: 'text is no input' });
  });
});
