import { expect, it } from 'vitest';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { coverage, groupOps } from './op-groups.ts';

const op = (name: string, more: Partial<OpReport>): OpReport => ({ name, opType: 'Conv', precision: 'int8', ...more });

it('sums weights and time by group, and tells what share of them computes in int8', () => {
  const groups = groupOps([
    op('a', { weightBytes: 300, timeShare: 0.2 }),
    op('b', { weightBytes: 300, timeShare: 0.4 }),
    op('c', { precision: 'int8 weights', reason: 'slower', weightBytes: 200, timeShare: 0.2 }),
    op('d', { precision: 'float32', opType: 'Softmax' }),
  ]);
  expect(groups[0]).toMatchObject({ count: 2, weightBytes: 600, timeShare: 0.6000000000000001 });
  expect(coverage(groups)).toEqual({ ops: 0.5, weightBytes: 0.75, time: 0.6000000000000001 / 0.8 });
});

it('tells nothing of what was not measured', () => {
  expect(coverage(groupOps([op('a', {})]))).toEqual({ ops: 1, weightBytes: null, time: null });
  expect(coverage([])).toEqual({ ops: 0, weightBytes: null, time: null });
});
