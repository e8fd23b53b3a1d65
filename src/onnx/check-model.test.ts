import { describe, expect, it } from 'vitest';
import { checkModel } from './check-model.ts';
import { decodeModel } from './decode.ts';
import { floats, writeTensor } from './tensor-proto.ts';
import { buildGraph, buildModel, type TestNode } from './testing/build-model.ts';
import { CASE_NAMES, caseModelBytes } from './testing/cases.ts';
import type { TensorProto } from './proto/onnx_pb.ts';

const weights = (change: Readonly<Record<number, number>> = {}) =>
  floats(
    'w',
    Array.from({ length: 32 }, (_, i) => change[i] ?? i),
    [8, 4],
  );

const matmul: TestNode = { opType: 'MatMul', input: ['x', 'w'], output: ['y'] };
const model = (nodes: readonly TestNode[], initializers: readonly TensorProto[], opset = 13) =>
  buildModel({ nodes, inputs: { x: { dims: ['N', 8] } }, outputs: { y: {} }, initializers, opset });
const refusing = (...args: Parameters<typeof model>) => expect(() => checkModel(model(...args)));
const code = (value: string) => expect.objectContaining({ code: value });

describe.skipIf(CASE_NAMES.length === 0)('cases', () => {
  it.each(CASE_NAMES)('%s is fit for tuning', (name) => {
    expect(() => checkModel(decodeModel(caseModelBytes(name)))).not.toThrow();
  });
});

describe('checkModel', () => {
  it('accepts a float model', () => {
    refusing([matmul], [weights()]).not.toThrow();
  });

  it.each(['DequantizeLinear', 'QLinearConv', 'MatMulNBits', 'MatMulIntegerToFloat', 'DynamicQuantizeLinear'])(
    'refuses a model with %s as quantized',
    (opType) => {
      refusing([matmul, { opType, input: ['x'], output: ['q'] }], [weights()]).toThrow(code('model-already-quantized'));
    },
  );

  it('refuses weights stored in 8 bits as quantized, and lets small integer constants pass', () => {
    const stored = (dims: readonly number[]) => {
      const data = Int8Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i);
      return [weights(), writeTensor('q', { type: 'int8', dims, data })];
    };
    const cast: TestNode = { opType: 'Cast', input: ['q'], output: ['f'], attributes: { to: 1 } };
    refusing([matmul, cast], stored([8, 4])).toThrow(code('model-already-quantized'));
    refusing([matmul, cast], stored([8])).not.toThrow();
  });

  it('names an operator whose domain is not imported', () => {
    refusing([matmul, { opType: 'Odd', domain: 'com.example', input: ['y'], output: ['z'] }], [weights()]).toThrow(
      expect.objectContaining({
        code: 'model-unknown-operator',
        details: expect.objectContaining({ place: expect.stringContaining('com.example.Odd') }),
      }),
    );
  });

  it('finds quantized ops within bodies', () => {
    const body = buildGraph({ nodes: [{ opType: 'QuantizeLinear', input: ['x'], output: ['b'] }], outputs: { b: {} } });
    const branch = { opType: 'If', input: ['c'], output: ['i'], attributes: { then_branch: body } };
    refusing([matmul, branch], [weights()]).toThrow(code('model-already-quantized'));
  });

  it('refuses trees, and what has no weights', () => {
    refusing([{ opType: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', input: ['x'], output: ['y'] }], []).toThrow(
      code('model-tree'),
    );
    refusing([{ opType: 'Add', input: ['x', 'b'], output: ['y'] }], [floats('b', [1, 2])]).toThrow(
      code('model-nothing-to-quantize'),
    );
  });

  it('names tensor and element of a weight that is not finite', () => {
    refusing([matmul], [weights({ 5: NaN })]).toThrow(
      expect.objectContaining({
        code: 'model-weights-not-finite',
        details: expect.objectContaining({ place: 'tensor w, element 5' }),
      }),
    );
    refusing([matmul], [weights({ 31: Infinity })]).toThrow(code('model-weights-not-finite'));
  });

  it('looks into Constant nodes and float16', () => {
    const half = writeTensor('', { type: 'float16', dims: [16, 1], data: new Uint16Array(16).fill(0x7c00) });
    const constant = { opType: 'Constant', input: [], output: ['w'], attributes: { value: half } };
    refusing([constant, matmul], []).toThrow(code('model-weights-not-finite'));
  });

  it('lets a mask hold −∞', () => {
    const mask = floats('mask', [0, -Infinity, -Infinity, 0]);
    refusing([matmul, { opType: 'Add', input: ['y', 'mask'], output: ['z'] }], [weights(), mask]).not.toThrow();
  });

  it('refuses old operator sets and names defined twice', () => {
    refusing([matmul], [weights()], 6).toThrow(code('model-opset-unsupported'));
    refusing([matmul, matmul], [weights()]).toThrow(code('model-invalid'));
  });
});
