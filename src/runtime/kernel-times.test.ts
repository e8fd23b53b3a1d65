import { expect, it } from 'vitest';
import { kernelTimes } from './kernel-times.ts';

const event = (name: string, dur: number, more = {}): string =>
  `{"cat" : "Node","pid" :1,"tid" :1,"dur" :${dur},"ts" :1,"ph" : "X","name" :"${name}","args" : ${JSON.stringify({ op_name: 'Conv', ...more })}},`;

it('is the trimmed mean per kernel, in milliseconds, without the warm-up', () => {
  const runs = [9000, 100, 100, 100, 100, 100, 100, 100, 100, 0, 5000];
  const lines = ['[', ...runs.map((dur) => event('a_kernel_time', dur)), ']'];
  expect(kernelTimes(lines, 1)).toEqual([{ name: 'a', opType: 'Conv', milliseconds: 0.1 }]);
});

it('passes over all events that are no kernels', () => {
  const lines = [
    event('a_fence_before', 1),
    '{"cat" : "Session","pid" :1,"tid" :1,"dur" :5,"ts" :1,"ph" : "X","name" :"model_run","args" : {}},',
    event('b_kernel_time', 2),
  ];
  expect(kernelTimes(lines, 0).map(({ name }) => name)).toEqual(['b']);
});

it('tells kernels of one op apart by their names', () => {
  const lines = [event('a_kernel_time', 1000), event('b_kernel_time', 3000)];
  expect(kernelTimes(lines, 0).map(({ milliseconds }) => milliseconds)).toEqual([1, 3]);
});
