import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../onnx/encode.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor, type ModelSpec } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { smoothQuant, smoothableTensors } from './smooth-quant.ts';

const loudest = Float32Array.from({ length: 8 }, (_, j) => (j === 3 ? 100 : 1));

/** Products that read `h`, behind different producers of `h`. */
function behind(nodes: ModelSpec['nodes'], weights: ModelSpec['weights']): PreparedModel {
  return buildModel({
    inputs: { x: [4, 8] },
    outputs: ['y', 'z'],
    weights: { a: [8, 6], b: [5, 8], c: [5], ...weights },
    nodes: [
      ...nodes,
      { opType: 'MatMul', input: ['h', 'a'], output: ['y'] },
      { opType: 'Gemm', input: ['h', 'b', 'c'], output: ['z'], attributes: { transB: 1 } },
    ],
  });
}

const number = (value: number) => ({ dims: [], values: [value] });

const producers: Record<string, PreparedModel> = {
  'scale and offset of a written-out norm': behind(
    [
      { opType: 'Tanh', input: ['x'], output: ['t'] },
      { opType: 'Mul', input: ['t', 'gamma'], output: ['m'] },
      { opType: 'Add', input: ['m', 'beta'], output: ['h'] },
    ],
    { gamma: [8], beta: [8] },
  ),
  LayerNormalization: behind([{ opType: 'LayerNormalization', input: ['x', 'gamma', 'beta'], output: ['h'] }], {
    gamma: [8],
    beta: [8],
  }),
  'a product with bias': behind([{ opType: 'Gemm', input: ['x', 'w', 'bias'], output: ['h'] }], {
    w: [8, 8],
    bias: [8],
  }),
  'a Mul by one number': behind([{ opType: 'Mul', input: ['x', 'one'], output: ['h'] }], { one: [1] }),
};

describe('smoothQuant', () => {
  it.each(Object.entries(producers))(
    'behind %s: float results stay, the loud channel grows quieter',
    async (_, model) => {
      expect(smoothableTensors(model).map(({ tensor }) => tensor)).toContain('h');
      const smoothed = smoothQuant(model, new Map([['h', loudest]]), 0.5);
      const feeds = { x: randomTensor([4, 8]) };
      const [before, after] = await Promise.all(
        [model, smoothed].map(async ({ graph }) => (await runModel(encodeModel(exposed(graph.model)), feeds)).outputs),
      );
      for (const name of ['y', 'z']) {
        before![name]!.data.forEach((value, i) => expect(Number(after![name]!.data[i])).toBeCloseTo(Number(value), 4));
      }
      const ratio = (outputs: typeof before, j: number): number =>
        Math.max(...[0, 1, 2, 3].map((row) => Math.abs(Number(outputs!['h']!.data[row * 8 + j]))));
      expect(ratio(after, 3) / ratio(before, 3)).toBeLessThan(0.3 * (ratio(after, 0) / ratio(before, 0)));
    },
  );

  it('leaves a tensor alone that something else reads, or whose producer cannot take a factor', () => {
    const read = behind(
      [
        { opType: 'Mul', input: ['x', 'gamma'], output: ['h'] },
        { opType: 'Tanh', input: ['h'], output: ['other'] },
      ],
      { gamma: [8] },
    );
    const nonlinear = behind([{ opType: 'Tanh', input: ['x'], output: ['h'] }], {});
    expect([read, nonlinear].map(smoothableTensors)).toEqual([[], []]);
  });

  it('leaves a written-out Gelu one kernel', async () => {
    const model = behind(
      [
        { opType: 'Div', input: ['x', 'root'], output: ['u'] },
        { opType: 'Erf', input: ['u'], output: ['t'] },
        { opType: 'Add', input: ['t', 'one'], output: ['s'] },
        { opType: 'Mul', input: ['x', 's'], output: ['m'] },
        { opType: 'Mul', input: ['m', 'half'], output: ['h'] },
      ],
      { root: number(Math.SQRT2), one: number(1), half: number(0.5) },
    );
    expect(smoothableTensors(model)).toEqual([]);
    const smoothed = smoothQuant(model, new Map([['h', loudest]]), 0.5);
    const { kernels } = await runModel(encodeModel(smoothed.graph.model), { x: randomTensor([4, 8]) }, true);
    expect(kernels).toContain('Gelu');
  });

  it('does not edit the model it is given', () => {
    const model = producers['LayerNormalization']!;
    const before = encodeModel(model.graph.model);
    smoothQuant(model, new Map([['h', loudest]]), 0.5);
    expect(encodeModel(model.graph.model)).toEqual(before);
  });
});

/** The model with `h` as another output. */
function exposed(model: PreparedModel['graph']['model']): PreparedModel['graph']['model'] {
  const graph = model.graph!;
  return { ...model, graph: { ...graph, output: [...graph.output, { ...graph.output[0]!, name: 'h' }] } };
}
