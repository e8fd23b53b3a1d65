import { expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { packChanges, unpackChanges, type ChangeKind } from './changed-samples.ts';

const KINDS: readonly ChangeKind[] = ['worse', 'better', 'otherwise'];

it('keeps which samples changed and how, in little room', () => {
  const rng = createRng(5);
  const changes = new Map<number, ChangeKind>([[0, 'otherwise']]);
  for (let i = 0; i < 500; i++) changes.set(rng.below(10_000), KINDS[rng.below(3)] ?? 'worse');
  changes.set(1_000_000, 'better');
  const packed = packChanges(changes) ?? '';
  expect(unpackChanges(packed)).toEqual(new Map([...changes].sort(([a], [b]) => a - b)));
  expect(packed.length).toBeLessThan(1000);
  expect(packChanges(new Map())).toBe('');
  expect(unpackChanges('')).toEqual(new Map());
});

it('keeps no list of more than a trial may take', () => {
  const all = new Map(Array.from({ length: 4000 }, (_, sample): [number, ChangeKind] => [sample, 'worse']));
  expect(packChanges(all)).toBeNull();
});
