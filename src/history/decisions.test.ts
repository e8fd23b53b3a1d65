import { expect, it } from 'vitest';
import type { Int8OpConfig } from '../quantize/config.ts';
import type { Trial, TuneConfig } from '../tuning/types.ts';
import { decisionName, decisionsOf, type Decision } from './decisions.ts';

function int8(algorithm: Int8OpConfig['activation']['algorithm'], mode: Int8OpConfig['mode'] = 'static'): Int8OpConfig {
  return {
    mode,
    weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
    activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm },
  };
}

function trials(...configs: Partial<TuneConfig>[]): Trial[] {
  return configs.map(
    (config, number) => ({ number, config: { ops: {}, weightStorage: 'auto', samplingSize: 100, ...config } }) as Trial,
  );
}

function told(of: Trial[], opTypes: ReadonlyMap<string, string>): Decision[] {
  const steps = decisionsOf(of, opTypes);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const TYPES = new Map([
  ['a', 'Conv'],
  ['b', 'Conv'],
  ['c', 'Gemm'],
]);

it('tells what configs differ in, and what they decided together as one', () => {
  const both = { a: int8('minmax'), b: int8('minmax') };
  const found = told(
    trials(
      { ops: both },
      { ops: { ...both, c: int8('minmax') }, smoothQuant: 0.5 },
      { ops: { a: int8('kl'), b: int8('kl'), c: int8('minmax', 'dynamic') } },
      {},
    ),
    TYPES,
  );
  expect(found.map(({ names, values, codes }) => [names, values, [...codes]])).toEqual([
    [
      ['a', 'b'],
      ['int8', 'float'],
      [0, 0, 0, 1],
    ],
    [['c'], ['float', 'int8', 'dynamic int8'], [0, 1, 2, 0]],
    [['Range method (Conv)'], ['min–max', 'KL divergence', 'none'], [0, 0, 1, 2]],
    [['SmoothQuant'], ['off', 'α 0.5'], [0, 1, 0, 0]],
  ]);
  expect(found.map(decisionName).slice(0, 2)).toEqual(['a + 1 more', 'c']);
});

it('tells many ops by their kind', () => {
  const names = Array.from({ length: 40 }, (_, i) => `op${i}`);
  const types = new Map(names.map((name, i) => [name, i < 20 ? 'Conv' : 'MatMul']));
  const alone = names.map((name) => ({ ops: { [name]: int8('minmax') } }));
  const found = told(trials({}, ...alone), types);
  expect(found.map(({ names: together, values }) => [together, values])).toEqual([
    [['Conv ops'], ['float', 'mixed']],
    [['MatMul ops'], ['float', 'mixed']],
  ]);
});

it('joins what was always decided together', () => {
  const found = told(
    trials({ smoothQuant: 0.5 }, { equalization: true }, { smoothQuant: 0.5, ops: { a: 'fp32' } }),
    TYPES,
  );
  expect(found.map(({ names: together, values }) => [together, values])).toEqual([
    [
      ['SmoothQuant', 'Equalization'],
      ['α 0.5', 'off'],
    ],
  ]);
});

it('names both ways where ops always go different ones', () => {
  const one = { a: int8('minmax') };
  const other = { b: int8('minmax') };
  const [found] = told(trials({ ops: one }, { ops: other }, { ops: one }), TYPES);
  expect(found).toMatchObject({ names: ['a', 'b'], values: ['int8 / float', 'float / int8'] });
});
