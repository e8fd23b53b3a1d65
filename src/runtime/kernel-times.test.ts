import { expect, it } from 'vitest';
import { kernelTimes } from './kernel-times.ts';

const event = (cat: string, name: string, dur: number, args = {}): string =>
  `{"cat" : "${cat}","pid" :1,"tid" :1,"dur" :${dur},"ts" :1,"ph" : "X","name" :"${name}","args" : ${JSON.stringify(args)}},`;

/** The lines of one run: its kernels in order, then its end. */
const run = (kernels: readonly (readonly [string, number])[], more = 10): string[] => [
  ...kernels.map(([name, dur]) => event('Node', `${name}_kernel_time`, dur, { op_name: 'Conv' })),
  event('Session', 'SequentialExecutor::Execute', 1),
  event(
    'Session',
    'model_run',
    kernels.reduce((sum, [, dur]) => sum + dur, more),
  ),
];

it('is the mean over the runs in which the kernel was not interrupted, in milliseconds, without the warm-up', () => {
  const kernel = (a: number, b: number) =>
    run([
      ['a', a],
      ['b', b],
    ]);
  const lines = [
    '[',
    event('Session', 'session_initialization', 9000),
    ...kernel(20, 1),
    ...kernel(100, 300),
    ...kernel(90_000, 310),
    ...kernel(110, 20_000),
    ...kernel(120, 320),
    ']',
  ];
  expect(kernelTimes(lines, 1).map(({ name, milliseconds }) => [name, milliseconds.toFixed(6)])).toEqual([
    ['a', '0.110000'],
    ['b', '0.310000'],
  ]);
});

it('bears a machine that interrupts every run, now in one kernel, now in another', () => {
  const lines = Array.from({ length: 40 }, (_, i) =>
    run([
      ['a', i % 2 === 1 ? 27_000 : 100],
      ['b', i % 2 === 0 ? 27_000 : 50],
    ]),
  ).flat();
  expect(kernelTimes(lines, 0).map(({ milliseconds }) => milliseconds.toFixed(6))).toEqual(['0.100000', '0.050000']);
});

it('does not lose kernels to the steps of a coarse clock', () => {
  const lines = Array.from({ length: 100 }, (_, i) => run([['a', i % 5 === 0 ? 100 : 0]], 1000 + 100 * (i % 2))).flat();
  expect(kernelTimes(lines, 0)[0]?.milliseconds).toBeCloseTo(0.02);
});

it('adds up what a kernel takes in one run, and passes over what is no kernel or no whole run', () => {
  const lines = [
    event('Node', 'a_fence_before', 1),
    ...run([
      ['a', 1000],
      ['b', 3000],
      ['a', 500],
    ]),
    event('Node', 'a_kernel_time', 7000, { op_name: 'Conv' }),
  ];
  expect(kernelTimes(lines, 0).map(({ name, milliseconds }) => [name, milliseconds])).toEqual([
    ['a', 1.5],
    ['b', 3],
  ]);
});

it('tells kernels of one name apart by their operators, as in a body of the graph', () => {
  const lines = [
    event('Node', 'm_kernel_time', 1000, { op_name: 'QLinearMatMul' }),
    event('Node', 'm_kernel_time', 3000, { op_name: 'MatMul' }),
    event('Session', 'model_run', 4000),
  ];
  expect(kernelTimes(lines, 0)).toEqual([
    { name: 'm', opType: 'QLinearMatMul', milliseconds: 1 },
    { name: 'm', opType: 'MatMul', milliseconds: 3 },
  ]);
});

it('has no times without a run', () => {
  expect(kernelTimes(['[', ']'], 0)).toEqual([]);
});
