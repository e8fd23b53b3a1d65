import { expect, it } from 'vitest';
import type { Dataset } from './dataset.ts';
import { shiftLabels } from './shift-labels.ts';

const dataset: Dataset = {
  name: 'three',
  count: 3,
  hasLabels: true,
  warnings: [],
  read: (start, count) =>
    Promise.resolve({
      inputs: {},
      labels: { type: 'uint8', dims: [count], data: Uint8Array.of(0, 1, 9).slice(start, start + count) },
    }),
  sha256: () => Promise.resolve('hash'),
};

it('subtracts the shift, below 0 too', async () => {
  const { labels } = await shiftLabels(dataset, 1).read(0, 3);
  expect(labels).toEqual({ type: 'int64', dims: [3], data: BigInt64Array.of(-1n, 0n, 8n) });
});

it('leaves the dataset alone for shift 0', () => expect(shiftLabels(dataset, 0)).toBe(dataset));
