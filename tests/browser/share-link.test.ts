import { expect, it } from 'vitest';
import { isShareHash, readShareHash, shareHash } from '../../src/history/share-link.ts';
import type { OpConfig } from '../../src/quantize/config.ts';
import { report, sampleTrial } from './sample-session.ts';

it('carries a result and its recipe through a link', async () => {
  const { hash, carriesRecipe } = await shareHash(report);
  expect(carriesRecipe).toBe(true);
  expect(isShareHash(hash)).toBe(true);
  expect(hash).toMatch(/^#share=[\w-]+$/);
  const shared = await readShareHash(hash);
  expect(shared.explanation).toBe(report.explanation);
  expect(shared.recipe).toEqual(report.offer?.recipe);
  expect(shared.yaml).toBe(report.offer?.yaml);
  expect(shared.record.trials).toEqual(report.record.trials);
  expect(shared.ops.map(({ opType, count }) => [opType, count])).toEqual([
    ['Conv', 1],
    ['Relu', 2],
  ]);
});

it('leaves values per sample and ranges behind', async () => {
  const { record } = await readShareHash((await shareHash(report)).hash);
  expect(record.baseline?.values).toEqual([]);
  expect(record.ranges).toEqual({});
});

it('drops the configs of trials before it drops the recipe', async () => {
  const trials = Array.from({ length: 100 }, (_, number) => {
    const ops = Array.from({ length: 300 }, (__, i): [string, OpConfig] => [noise(number * 300 + i), 'fp32']);
    const trial = sampleTrial(number, 0.5);
    return { ...trial, config: { ...trial.config, ops: Object.fromEntries(ops) } };
  });
  const made = await shareHash({ ...report, record: { ...report.record, trials } });
  expect(made.carriesRecipe).toBe(true);
  expect(made.hash.length).toBeLessThan(32_000);
  const shared = await readShareHash(made.hash);
  expect(shared.record.trials.map(({ number }) => number)).toEqual(trials.map(({ number }) => number));
});

it('says that the recipe did not fit', async () => {
  const ranges = Array.from({ length: 20_000 }, (_, i) => [noise(i), { min: 0, max: i }]);
  const offer = report.offer && {
    ...report.offer,
    recipe: { ...report.offer.recipe, ranges: { minmax: Object.fromEntries(ranges) } },
  };
  const made = await shareHash({ ...report, offer });
  expect(made.carriesRecipe).toBe(false);
  expect((await readShareHash(made.hash)).recipe).toBeNull();
});

it.each(['#share=', '#share=!!!', '#share=AAAA', '#share=eJyrVgoA'])('refuses the damaged link %s', async (hash) => {
  await expect(readShareHash(hash)).rejects.toMatchObject({ code: 'link-unreadable' });
});

it('refuses a link that was cut off', async () => {
  const { hash } = await shareHash(report);
  await expect(readShareHash(hash.slice(0, -20))).rejects.toMatchObject({ code: 'link-unreadable' });
});

/** Text that does not compress. */
function noise(seed: number): string {
  return ((seed * 2654435761) >>> 0).toString(36) + ((seed * 40503 * 65599) >>> 0).toString(36);
}
