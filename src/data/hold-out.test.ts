import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import type { Dataset } from './dataset.ts';
import { holdOut } from './hold-out.ts';

function numbered(count: number): Dataset {
  return {
    name: 'numbers',
    count,
    hasLabels: true,
    warnings: [],
    read: async (start, rows) => {
      const data = Float32Array.from({ length: 2 * rows }, (_, i) => start + (i >> 1));
      const labels = BigInt64Array.from({ length: rows }, (_, i) => BigInt(start + i));
      return {
        inputs: { x: { type: 'float32', dims: [rows, 2], data } },
        labels: { type: 'int64', dims: [rows], data: labels },
      };
    },
    sha256: async () => 'hash',
  };
}

const labelsOf = async (dataset: Dataset, start = 0, count = dataset.count): Promise<number[]> =>
  [...((await dataset.read(start, count)).labels?.data as BigInt64Array)].map(Number);

describe('holdOut', () => {
  it('parts the samples, keeps their order and spreads what it holds out', async () => {
    const { rest, heldOut } = holdOut(numbered(1000), null, createRng(7));
    expect([rest.count, heldOut?.count]).toEqual([800, 200]);
    const kept = await labelsOf(rest);
    const held = await labelsOf(heldOut!);
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
    expect(new Set([...kept, ...held]).size).toBe(1000);
    for (const [i, number] of held.entries()) expect(Math.floor(number / 5)).toBe(i);
  });

  it('reads any part, inputs and labels together', async () => {
    const { rest } = holdOut(numbered(600), 0.5, createRng(3));
    const all = await labelsOf(rest);
    expect(await labelsOf(rest, 17, 40)).toEqual(all.slice(17, 57));
    const { inputs } = await rest.read(17, 40);
    expect(inputs.x?.dims).toEqual([40, 2]);
    expect([...(inputs.x?.data as Float32Array)].filter((_, i) => i % 2 === 0)).toEqual(all.slice(17, 57));
  });

  it('draws by its seed alone', async () => {
    const held = async (seed: number): Promise<number[]> =>
      labelsOf(holdOut(numbered(500), null, createRng(seed)).heldOut!);
    expect(await held(1)).toEqual(await held(1));
    expect(await held(1)).not.toEqual(await held(2));
  });

  it('holds nothing out of few samples unless it is asked to, and never all', () => {
    expect(holdOut(numbered(499), null, createRng(1)).heldOut).toBeNull();
    expect(holdOut(numbered(5000), 0, createRng(1)).heldOut).toBeNull();
    expect(holdOut(numbered(10), 0.3, createRng(1)).heldOut?.count).toBe(3);
    expect(holdOut(numbered(1), 0.9, createRng(1)).rest.count).toBe(1);
  });
});
