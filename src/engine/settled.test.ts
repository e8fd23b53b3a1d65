import { describe, expect, it } from 'vitest';
import { settledTimes } from './settled.ts';

/** Chunks of five runs each, two of them interrupted; the last time of every model goes on for ever. Counts the chunks asked for. */
function scripted(...models: readonly (readonly number[])[]) {
  let asked = 0;
  const chunk = async (): Promise<number[][]> => {
    const at = asked++;
    return models.map((times) => {
      const ms = times[Math.min(at, times.length - 1)]!;
      return [ms, 9 * ms, ms, 30, ms];
    });
  };
  return { chunk, asked: () => asked };
}

describe('times of models that run in turns', () => {
  it('are those of the second chunk where nothing gets faster', async () => {
    const { chunk, asked } = scripted([2, 1.875], [1, 1.125]);
    expect(await settledTimes(chunk)).toEqual([1.875, 1.125]);
    expect(asked()).toBe(2);
  });

  it('wait for the kernels that are compiled last', async () => {
    const { chunk, asked } = scripted([2], [8, 7, 4, 1, 1, 1]);
    expect(await settledTimes(chunk)).toEqual([2, 1]);
    expect(asked()).toBe(5);
  });

  it('end where a machine never comes to rest', async () => {
    const { chunk, asked } = scripted(Array.from({ length: 40 }, (_, i) => 10 * 0.8 ** i));
    await settledTimes(chunk);
    expect(asked()).toBe(10);
  });
});
