import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { cleanUp } from '../../onnx/clean-up.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { inferTensors } from '../../onnx/infer.ts';
import { floats, int64s, writeTensor } from '../../onnx/tensor-proto.ts';
import { buildGraph, buildModel, type TestGraph } from '../../onnx/testing/build-model.ts';
import { worstDifference } from '../../onnx/testing/compare-tensors.ts';
import type { WeightStorage } from '../config.ts';
import { randomTensor } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

const weight = (name: string, dims: readonly number[], seed: number) =>
  floats(name, randomTensor(dims, seed).data as Float32Array, dims);
const flag = (value: boolean): Tensor => ({ type: 'bool', dims: [], data: Uint8Array.of(value ? 1 : 0) });

/** Both branches read the outer weight `head`; one has a Constant, the other an initializer. */
const branches: TestGraph = {
  nodes: [
    {
      opType: 'If',
      name: 'choice',
      input: ['flag'],
      output: ['y'],
      attributes: {
        then_branch: buildGraph({
          nodes: [
            { opType: 'Constant', input: [], output: ['w'], attributes: { value: weight('', [32, 64], 1) } },
            { opType: 'MatMul', name: 'deep', input: ['x', 'w'], output: ['a'] },
            { opType: 'MatMul', input: ['a', 'head'], output: ['then_y'] },
          ],
          outputs: { then_y: {} },
        }),
        else_branch: buildGraph({
          nodes: [
            { opType: 'Gemm', input: ['x', 'w'], output: ['a'], attributes: { transB: 1 } },
            { opType: 'MatMul', input: ['a', 'head'], output: ['else_y'] },
          ],
          outputs: { else_y: {} },
          initializers: [weight('w', [64, 32], 2)],
        }),
      },
    },
  ],
  inputs: { x: { dims: [4, 32] }, flag: { type: 'bool', dims: [] } },
  outputs: { y: {} },
  initializers: [weight('head', [64, 40], 3)],
};

/** Three steps of h = tanh(h · w), on the last of which an If inside the Loop multiplies by another weight. */
const loop: TestGraph = {
  nodes: [
    {
      opType: 'Loop',
      name: 'steps',
      input: ['trips', '', 'x'],
      output: ['y'],
      attributes: {
        body: buildGraph({
          nodes: [
            { opType: 'MatMul', name: 'step', input: ['h', 'w'], output: ['m'] },
            { opType: 'Tanh', input: ['m'], output: ['t'] },
            { opType: 'Equal', input: ['i', 'last'], output: ['is_last'] },
            {
              opType: 'If',
              name: 'end',
              input: ['is_last'],
              output: ['h_out'],
              attributes: {
                then_branch: buildGraph({
                  nodes: [{ opType: 'MatMul', input: ['t', 'v'], output: ['h_then'] }],
                  outputs: { h_then: {} },
                  initializers: [weight('v', [32, 32], 5)],
                }),
                else_branch: buildGraph({
                  nodes: [{ opType: 'Identity', input: ['t'], output: ['h_else'] }],
                  outputs: { h_else: {} },
                }),
              },
            },
            { opType: 'Identity', input: ['go'], output: ['go_out'] },
          ],
          inputs: { i: { type: 'int64', dims: [] }, go: { type: 'bool', dims: [] }, h: { dims: [4, 32] } },
          outputs: { go_out: { type: 'bool', dims: [] }, h_out: { dims: [4, 32] } },
          initializers: [weight('w', [32, 32], 4), int64s('last', [2], [])],
        }),
      },
    },
  ],
  inputs: { x: { dims: [4, 32] } },
  outputs: { y: {} },
  initializers: [int64s('trips', [3], [])],
};

/** A recurrent cell over the rows of `x`. */
const scan: TestGraph = {
  nodes: [
    {
      opType: 'Scan',
      name: 'cell',
      input: ['h0', 'x'],
      output: ['y', 'all'],
      attributes: {
        num_scan_inputs: 1,
        body: buildGraph({
          nodes: [
            { opType: 'MatMul', input: ['row', 'w'], output: ['a'] },
            { opType: 'MatMul', input: ['h', 'r'], output: ['b'] },
            { opType: 'Add', input: ['a', 'b'], output: ['s'] },
            { opType: 'Tanh', input: ['s'], output: ['h_out'] },
            { opType: 'Identity', input: ['h_out'], output: ['row_out'] },
          ],
          inputs: { h: { dims: [24] }, row: { dims: [32] } },
          outputs: { h_out: { dims: [24] }, row_out: { dims: [24] } },
          initializers: [weight('w', [32, 24], 6)],
        }),
      },
    },
  ],
  inputs: { x: { dims: [4, 32] } },
  outputs: { y: {}, all: {} },
  initializers: [
    writeTensor('h0', { type: 'float32', dims: [24], data: new Float32Array(24) }),
    weight('r', [24, 24], 7),
  ],
};

async function stored(graph: TestGraph, storage: WeightStorage, feeds: Record<string, Tensor>) {
  const { graph: clean } = cleanUp(buildModel(graph));
  const model = { graph: clean, infos: inferTensors(clean) };
  const before = encodeModel(clean.model);
  const { parts, ops, sizeBytes } = rewrite(model, { ops: {}, weightStorage: storage }, {}, new WeightCache());
  expect(encodeModel(clean.model)).toEqual(before);
  const float = await runModel(before, feeds, true);
  const compact = await runModel(concatenate(parts), feeds, true);
  const share = sizeBytes / before.length;
  return { float, compact, ops, share, error: worstDifference(compact.outputs, float.outputs) };
}

const x = randomTensor([4, 32]);

describe('weights inside sub-graphs', () => {
  it.each([
    ['If, then', branches, { x, flag: flag(true) }],
    ['If, else', branches, { x, flag: flag(false) }],
    ['If in a Loop', loop, { x }],
    ['Scan', scan, { x }],
  ] as const)('%s: a smaller file, the same kernels, the same results', async (_, graph, feeds) => {
    const int8 = await stored(graph, 'int8', feeds);
    expect(int8.error).toBeGreaterThan(0);
    expect(int8.error).toBeLessThan(0.02);
    expect(int8.share).toBeLessThan(0.55);
    expect(int8.float.kernels).toContain('MatMul');
    expect(int8.compact.kernels).toEqual(int8.float.kernels);
    const float16 = await stored(graph, 'float16', feeds);
    expect(float16.error).toBeLessThan(0.001);
    expect(float16.compact.kernels).toEqual(float16.float.kernels);
    expect((await stored(graph, 'float32', feeds)).error).toBe(0);
  });

  it('is told in the report, op by op', async () => {
    const { ops } = await stored(branches, 'int8', { x, flag: flag(true) });
    const reason = 'it runs inside If choice: sub-graphs compute in float';
    expect(ops).toEqual([
      {
        name: 'choice',
        opType: 'If',
        precision: 'float32',
        reason: 'its sub-graphs compute in float: only their weights are stored in fewer bits',
      },
      { name: 'choice/then_branch/deep', opType: 'MatMul', precision: 'int8 weights', reason },
      { name: 'choice/then_branch/MatMul_1', opType: 'MatMul', precision: 'int8 weights', reason },
      { name: 'choice/else_branch/Gemm_0', opType: 'Gemm', precision: 'int8 weights', reason },
      { name: 'choice/else_branch/MatMul_1', opType: 'MatMul', precision: 'int8 weights', reason },
    ]);
  });

  it('names ops in nested bodies by their path', async () => {
    const { ops } = await stored(loop, 'float32', { x });
    expect(ops.map(({ name, precision }) => [name, precision])).toEqual([
      ['steps', 'float32'],
      ['steps/body/step', 'float32'],
      ['steps/body/end/then_branch/MatMul_0', 'float32'],
    ]);
  });
});
