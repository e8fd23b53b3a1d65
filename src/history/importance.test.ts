import { expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import type { Trial } from '../tuning/types.ts';
import type { Decision } from './decisions.ts';
import { importanceOf, outcomesOf, type Importance } from './importance.ts';

function run(
  decisions: readonly Decision[],
  values: readonly (number | null)[],
  weights = values.map(() => 1),
): Importance {
  const steps = importanceOf(decisions, { values, weights }, 7);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Every combination of decisions with so many values, some of them drawn. */
function space(sizes: readonly number[], draws: number | null): Decision[] {
  const rng = createRng(3);
  const all = sizes.reduce((product, size) => product * size, 1);
  const rows =
    draws === null ? Array.from({ length: all }, (_, i) => i) : Array.from({ length: draws }, () => rng.below(all));
  let below = 1;
  return sizes.map((size, at) => {
    const divisor = below;
    below *= size;
    const codes = Uint8Array.from(rows, (row) => Math.floor(row / divisor) % size);
    return { names: [`d${at}`], values: Array.from({ length: size }, (_, i) => String(i)), codes };
  });
}

const EFFECTS = [
  [0, 2],
  [0, 1],
  [0, 0, 1.5],
  [0, 0],
];
/** Variance of each effect under equally likely values: 1, 1/4, 1/2, 0 of 7/4. */
const SHARES = [4 / 7, 1 / 7, 2 / 7, 0];

function additive(decisions: readonly Decision[]): number[] {
  return Array.from(decisions[0]!.codes, (_, row) =>
    decisions.reduce((sum, { codes }, at) => sum + EFFECTS[at]![codes[row]!]!, 10),
  );
}

const sizes = EFFECTS.map(({ length }) => length);

it('finds the known variance shares of an additive function, and its marginals', () => {
  const decisions = space(sizes, 200);
  const found = run(decisions, additive(decisions));
  if (found.kind !== 'told') throw new Error(found.kind);
  expect(found.explained).toBeGreaterThan(0.95);
  for (const [at, decision] of decisions.entries()) {
    const share = found.shares.find((each) => each.decision === decision)!;
    expect(share.share).toBeCloseTo(SHARES[at]!, 1);
  }
  expect(found.shares.map(({ decision }) => decision.names[0])).toEqual(['d0', 'd2', 'd1', 'd3']);
  const [low, high] = found.shares[0]!.means;
  expect(high! - low!).toBeCloseTo(2, 1);
});

it('gives an interaction to neither decision alone', () => {
  const decisions = space([2, 2, 2], 160);
  const values = Array.from(decisions[0]!.codes, (code, row) => (code ^ decisions[1]!.codes[row]!) * 1);
  const found = run(decisions, values);
  if (found.kind !== 'told') throw new Error(found.kind);
  for (const { share } of found.shares) expect(share).toBeLessThan(0.06);
});

it('hardly listens to values that are hardly sure', () => {
  const decisions = space([2, 2], 60);
  const [a, b] = decisions.map(({ codes }) => codes) as [Uint8Array, Uint8Array];
  const values = Array.from(a, (code, row) => (row % 2 === 0 ? code : 5 * b[row]!));
  const weights = values.map((_, row) => (row % 2 === 0 ? 1 : 0.0001));
  const found = run(decisions, values, weights);
  if (found.kind !== 'told') throw new Error(found.kind);
  expect(found.shares[0]!.decision).toBe(decisions[0]);
  expect(found.shares[0]!.share).toBeGreaterThan(0.8);
});

it('says how many trials it needs, and that noise tells nothing', () => {
  const few = space([2, 2], 9);
  expect(run(few, additive(few))).toEqual({ kind: 'too-few', trials: 9, needed: 10 });
  const twelve = space(
    Array.from({ length: 12 }, () => 2),
    13,
  );
  expect(run(twelve, twelve[0]!.codes.length ? Array.from(twelve[0]!.codes) : [])).toMatchObject({
    kind: 'too-few',
    needed: 14,
  });
  const many = space([2, 2], 60);
  expect(
    run(
      many,
      Array.from(many[0]!.codes, () => 0.5),
    ),
  ).toEqual({ kind: 'no-difference', trials: 60 });
  const rng = createRng(11);
  expect(
    run(
      many,
      Array.from(many[0]!.codes, () => rng.uniform()),
    ),
  ).toMatchObject({ kind: 'unclear' });
});

it('is the same for the same seed', () => {
  const decisions = space(sizes, 40);
  expect(run(decisions, additive(decisions))).toEqual(run(decisions, additive(decisions)));
});

it('weighs a trial cut short by the samples that it ran, and leaves out what was not measured', () => {
  const trials = [
    { score: 0.9, latencyRatio: 0.5, sizeBytes: 10, samplesEvaluated: 200 },
    { score: 0.5, latencyRatio: null, sizeBytes: 20, samplesEvaluated: 50 },
    { score: null, latencyRatio: null, sizeBytes: null, samplesEvaluated: 0 },
  ] as Trial[];
  expect(outcomesOf(trials, 'score')).toEqual({ values: [0.9, 0.5, null], weights: [1, 0.25, 0.005] });
  expect(outcomesOf(trials, 'latency')).toEqual({ values: [0.5, null, null], weights: [1, 1, 1] });
});
