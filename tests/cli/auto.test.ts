import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Recipe } from '../../src/history/recipe.ts';
import { expectRefused, octet, scratch, start, tuneArguments, type Ended } from './octet.ts';
import { configWith, historyOf, modelOf } from './results.ts';

const [first, second, exact] = [scratch(), scratch(), scratch()];
let ended: Ended;

const recipeOf = (folder: string): Recipe => JSON.parse(readFileSync(join(folder, 'recipe.json'), 'utf8')) as Recipe;

beforeAll(async () => {
  const config = configWith(['name: basic', 'name: auto'], ['objective: modelsize', 'objective: performance']);
  // Times of ops are those of optimized code.
  ended = await start(tuneArguments(first, { config }), undefined, []).ended;
  await octet(...tuneArguments(second, { config }), '--costs', join(first, 'recipe.json'));
  // Without what mends an uneven net, configs miss.
  const certain = configWith(
    [
      'static_quant',
      'static_quant\n  recipes: {equalization: false, fast_bias_correction: false, weight_clip: false, outlier_channels: false}',
    ],
    ['name: basic', 'name: random'],
    ['max_trials: 12', 'max_trials: 6\n    early_stopping: exact'],
  );
  await octet(...tuneArguments(exact, { config: certain }));
}, 180_000);

describe('octet tune by auto', () => {
  it('times the ops, meets the criterion in few evaluations and says why it ended', () => {
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('Timing every op') });
    const { trials, probes, stopReason, fullEvaluations } = historyOf(first);
    expect(trials.find(({ met }) => met)?.number).toBeLessThanOrEqual(1);
    expect(probes.samplesEvaluated).toBeGreaterThanOrEqual(0);
    expect(fullEvaluations).toBeLessThanOrEqual(12);
    expect(stopReason).toBe('space-exhausted');
    expect(ended.stdout).not.toContain('nothing left to try');
  });

  it('decides alike with the costs of the recipe, without timing any op', () => {
    expect(recipeOf(first).costs?.format).toBe('octet-costs/1');
    const shas = [first, second].map((folder) => historyOf(folder).trials.map(({ modelSha256 }) => modelSha256));
    expect(shas[1]).toEqual(shas[0]);
    expect(recipeOf(second).costs).toEqual(recipeOf(first).costs);
    const notes = readFileSync(join(second, 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"costs"'));
    expect(notes).toHaveLength(1);
  });

  it('rebuilds the offered model from a recipe with costs', async () => {
    const output = join(scratch(), 'again.onnx');
    const model = tuneArguments(first)[1] as string;
    expect((await octet('replay', join(first, 'recipe.json'), model, '--output', output)).code).toBe(0);
    expect(readFileSync(output).equals(modelOf(first))).toBe(true);
  });

  it('refuses a recipe without costs', async () => {
    const bare = join(exact, 'recipe.json');
    expectRefused(await octet(...tuneArguments(scratch()), '--costs', bare), 'recipe-unreadable', ['times of ops']);
  });
});

describe('early_stopping: exact', () => {
  it('ends a trial only once it is certain to miss', () => {
    const { trials, baseline } = historyOf(exact);
    const pruned = trials.filter(({ status }) => status === 'pruned');
    expect(pruned.length).toBeGreaterThan(0);
    for (const { met, samplesEvaluated, difference } of pruned) {
      expect(met).toBe(false);
      expect(samplesEvaluated).toBeLessThan(baseline!.samples);
      expect(difference!.mean).toBeLessThan(0);
    }
  });
});
