import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createRng } from '../../base/rng.ts';
import type { Int8OpConfig, RecipeName } from '../../quantize/config.ts';
import { configText } from '../canonical.ts';
import { both, op, option, reference } from '../testing/simulation.ts';
import type { TuningSpace } from '../types.ts';
import { ChoiceSpace } from './choice-space.ts';

const dynamic: Int8OpConfig = { ...option('per_tensor'), mode: 'dynamic' };
const stored: Int8OpConfig = { ...option('per_tensor'), mode: 'weight_only' };
const recipeNames = Object.keys(reference.recipes) as RecipeName[];

/** Small spaces of every kind: few ops of any modes, with or without float, glue, recipes, sampling sizes and SmoothQuant. */
const spaces: fc.Arbitrary<TuningSpace> = fc.record({
  ops: fc
    .array(
      fc.record({
        int8: fc.uniqueArray(fc.constantFrom(...both, dynamic, stored), { minLength: 1, maxLength: 3 }),
        float: fc.boolean(),
        glue: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((ops) => ops.map(({ int8, float, glue }, i) => op(`op${i}`, 'MatMul', int8, { float, glue }))),
  samplingSizes: fc.constantFrom([100], [100, 20]),
  smoothQuant: fc.constantFrom([], [0.5]),
  weightStorage: fc.constant('int8' as const),
  smoothAlways: fc.constant(false),
  recipes: fc
    .subarray(recipeNames)
    .map((offered) => ({ ...reference.recipes, ...Object.fromEntries(offered.map((name) => [name, 'offered'])) })),
});

describe('a space of choices', () => {
  it('has as many points as it says, each another config', () => {
    fc.assert(
      fc.property(spaces, (settings) => {
        const space = new ChoiceSpace(settings);
        const texts = [...space.points()].map((point) => configText(space.configOf(point)));
        expect(texts).toHaveLength(space.size);
        expect(new Set(texts).size).toBe(texts.length);
      }),
      { numRuns: 200 },
    );
  });

  it('has every config that the choices make', () => {
    fc.assert(
      fc.property(spaces, ({ ops, ...settings }) => {
        // Glue ops only follow: what would change them alone is no config.
        const space = new ChoiceSpace({ ...settings, ops: ops.map((each) => ({ ...each, glue: false })) });
        const all = space.counts.reduce<number[][]>(
          (points, count) =>
            points.flatMap((point) => Array.from({ length: count }, (_, choice) => [...point, choice])),
          [[]],
        );
        const texts = (points: Iterable<readonly number[]>): string[] =>
          [...new Set([...points].map((point) => configText(space.configOf(point))))].sort();
        expect(texts(space.points())).toEqual(texts(all));
      }),
      { numRuns: 60 },
    );
  });

  it('begins anywhere and still has every point once', () => {
    fc.assert(
      fc.property(spaces, fc.integer({ min: 1, max: 1e6 }), (settings, seed) => {
        const space = new ChoiceSpace(settings);
        const start = space.random(createRng(seed));
        const points = [...space.points(start)];
        expect(new Set(points.map(String))).toEqual(new Set([...space.points()].map(String)));
        expect(points).toHaveLength(space.size);
      }),
    );
  });

  it('moves to points of its own only, each another config', () => {
    fc.assert(
      fc.property(spaces, fc.integer({ min: 1, max: 1e6 }), (settings, seed) => {
        const space = new ChoiceSpace(settings);
        const all = new Set([...space.points()].map(String));
        const point = space.random(createRng(seed));
        fc.pre(all.size > 0);
        const from = configText(space.configOf(point));
        for (const next of space.neighbours(point)) {
          expect(all).toContain(next.join());
          expect(configText(space.configOf(next))).not.toBe(from);
          expect(space.distance(point, next)).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('counts the configs of a model of a thousand ops', () => {
    const ops = Array.from({ length: 1000 }, (_, i) => op(`op${i}`, 'Conv', both));
    const { size } = new ChoiceSpace({ ...reference, ops, recipes: { ...reference.recipes, weightClip: 'offered' } });
    expect(size).toBe(Infinity);
  });
});
