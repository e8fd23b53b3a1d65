import { expect, it } from 'vitest';
import { floats } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';
import { FOLD_GEMM_FACTORS } from './fold-gemm-factors.ts';

const matrix = (name: string, ...dims: number[]) => floats(name, [...(wave(dims).data as Float32Array)], dims);
const factors = { alpha: { float: 0.5 }, beta: { float: -2 } };
const gemm = (input: string[], attributes: TestNode['attributes'] = factors) =>
  buildModel({
    nodes: [{ opType: 'Gemm', name: 'gemm', input, output: ['y'], attributes }],
    inputs: { x: { dims: [4, 4] }, z: { dims: [4, 4] } },
    outputs: { y: {} },
    initializers: [matrix('w', 4, 4), matrix('c', 4)],
  });

it.each([
  ['B and C', ['x', 'w', 'c'], []],
  ['A', ['w', 'x', 'c'], []],
  ['B, without C', ['x', 'w'], []],
  ['C only where A and B are not constant', ['x', 'z', 'c'], ['alpha']],
  ['B only where C is not constant', ['x', 'w', 'z'], ['beta']],
  ['B and C that are one tensor', ['x', 'w', 'w'], []],
])('multiplies alpha and beta into %s', async (_, input, remains) => {
  const { graph, difference } = await checkParity(gemm(input), [FOLD_GEMM_FACTORS]);
  expect(graph.producer('y')!.attribute.map(({ name }) => name)).toEqual(remains);
  expect(difference).toBeLessThan(1e-6);
});
