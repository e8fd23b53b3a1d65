import { expect, it } from 'vitest';
import { fastestPlacement, type Placement } from './placement.ts';
import { both, op } from './testing/simulation.ts';
import type { SpaceOp } from './types.ts';

const ops = ['a', 'b', 'c', 'd'].map((name) => op(name, 'Conv', both));
const inInt8 = (placement: Placement): string =>
  Object.entries(placement)
    .filter(([, choice]) => choice !== 'fp32')
    .map(([name]) => name)
    .join('');

/** A chain: each op saves or costs something in int8, and every border between float and int8 costs 0.03. */
function chain(savings: Readonly<Record<string, number>>, list: readonly SpaceOp[] = ops): (p: Placement) => number {
  return (placement) => {
    const int8 = list.map(({ name }) => placement[name] !== 'fp32');
    const saved = list.reduce((sum, { name }, i) => sum + (int8[i] ? (savings[name] ?? 0) : 0), 0);
    const borders = [false, ...int8].reduce((sum, is, i) => sum + (is !== (int8[i] ?? false) ? 1 : 0), 0);
    return 1 - saved + 0.03 * borders;
  };
}

it('leaves float what only pays beside its neighbours and has none', () => {
  expect(inInt8(fastestPlacement(ops, chain({ a: 0.05, b: -0.5, c: -0.5, d: 0.5 })).placement)).toBe('d');
});

it('bridges an op that is slower in int8 where its neighbours gain more', () => {
  const { placement, ratio } = fastestPlacement(ops, chain({ a: 0.2, b: -0.02, c: 0.2, d: -0.5 }));
  expect(inInt8(placement)).toBe('abc');
  expect(ratio).toBeCloseTo(0.68, 12);
});

it('is all float where nothing pays, except what must be int8', () => {
  const none = chain({ a: -0.1, b: -0.1, c: -0.1, d: -0.1 });
  expect(inInt8(fastestPlacement(ops, none).placement)).toBe('');
  const forced = ops.map((each) => (each.name === 'b' ? { ...each, float: false } : each));
  expect(inInt8(fastestPlacement(forced, none).placement)).toBe('b');
});

it('comes close to the best of all placements of a chain', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const savings = Object.fromEntries(ops.map(({ name }, i) => [name, Math.sin(seed * 7 + i * 3) * 0.1]));
    const ratio = chain(savings);
    const all = Array.from({ length: 16 }, (_, bits) =>
      ratio(Object.fromEntries(ops.map(({ name, int8 }, i) => [name, (bits >> i) & 1 ? int8[0]! : 'fp32'] as const))),
    );
    expect(fastestPlacement(ops, ratio).ratio).toBeLessThan(Math.min(...all) + 0.05);
  }
});
