import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/encode.ts';
import {
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
} from '../../src/onnx/proto/onnx_pb.ts';
import { buildModel, type TestNode } from '../../src/onnx/testing/build-model.ts';
import { floats } from '../../src/onnx/tensor-proto.ts';
import { expectRefused, file, lastLine, LENET, octet, scratch, tuneArguments } from './octet.ts';
import { npz } from './npz.ts';
import { CLASSES, smallConfig, smallData, smallModel, weights } from './small-model.ts';

const lenet = readFileSync(LENET.model);

/** Tunes a model on data that fit `smallModel`; it must be refused with nothing written. */
async function refuses(model: string, code: Parameters<typeof expectRefused>[1], words: readonly string[] = []) {
  const output = scratch();
  const data = await smallData();
  const given = { model, calibration: data, evaluation: data, config: smallConfig() };
  const ended = await octet(...tuneArguments(output, given));
  expectRefused(ended, code, words, output);
  expect(ended.stderr).toContain('model.onnx');
  return ended;
}

const oneNode = (node: TestNode, initializers = [floats('b', [1, 2])]) =>
  encodeModel(buildModel({ nodes: [node], inputs: { x: { dims: ['N', 2] } }, outputs: { y: {} }, initializers }));

/** A MatMul whose weights lie in another file. */
function withSideFile(location: string): Uint8Array {
  const weight = create(TensorProtoSchema, {
    name: 'w',
    dims: [8n, 4n],
    dataType: TensorProto_DataType.FLOAT,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [create(StringStringEntryProtoSchema, { key: 'location', value: location })],
  });
  return oneNode({ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }, [weight]);
}

describe('files that are no model', () => {
  it.each([
    ['an HTML page', '<!DOCTYPE html><html><body>Sign in</body></html>', 'model-not-onnx', ['HTML page']],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 46223\n',
      'model-not-onnx',
      ['Git LFS pointer', '46223', 'git lfs pull'],
    ],
    ['an empty file', '', 'model-empty', []],
    ['a cut-off model', lenet.subarray(0, 20_000), 'model-truncated', ['20000 bytes']],
    ['text', 'hello', 'model-not-onnx', []],
  ] as const)('%s', async (_, content, code, words) => {
    await refuses(file('model.onnx', content), code, words);
  });

  it('an archive under another name', async () => {
    await refuses(file('model.onnx', await npz({ 'net.onnx': new Uint8Array(64) })), 'model-not-onnx', ['zip']);
  });

  it('a path that is not there, or a folder', async () => {
    await refuses(join(scratch(), 'model.onnx'), 'file-unreadable');
    const folder = scratch();
    const output = scratch();
    expectRefused(await octet(...tuneArguments(output, { model: folder })), 'file-unreadable', [folder], output);
  });
});

describe('models that int8 tuning makes no sense for', () => {
  it('names the side file that is missing', async () => {
    await refuses(file('model.onnx', withSideFile('net.weights')), 'model-external-data-missing', ['net.weights']);
  });

  it('without float weights', async () => {
    await refuses(
      file('model.onnx', oneNode({ opType: 'Add', input: ['x', 'b'], output: ['y'] })),
      'model-nothing-to-quantize',
    );
  });

  it('tree ensembles', async () => {
    const tree = { opType: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', input: ['x'], output: ['y'] };
    await refuses(file('model.onnx', oneNode(tree)), 'model-tree');
  });

  it.each(['', 'com.microsoft', 'com.example'])('names an unknown operator of "%s" first', async (domain) => {
    const first = [{ opType: 'Frobnicate', domain, input: ['x'], output: ['h'], name: 'odd' }];
    const ended = await refuses(file('model.onnx', smallModel({ first })), 'model-unknown-operator', ['Frobnicate']);
    expect(ended.stderr).not.toContain('Scoring');
  });

  it('names tensor and element of weights that are not finite', async () => {
    const model = smallModel({ initializers: [weights('w', [CLASSES, 8, 3, 3], { 17: NaN })] });
    await refuses(file('model.onnx', model), 'model-weights-not-finite', ['tensor w, element 17', 'NaN']);
  });
});

describe('quantized models', () => {
  it.each([
    ['int8 compute', 'model: {name: small}\n'],
    ['int8 weights', 'quantization: {op_wise: {conv: {weight: {dtype: [fp32]}, activation: {dtype: [fp32]}}}}\n'],
  ])('%s: tune refuses the model and names octet evaluate, which works', async (_, config) => {
    const [model, data] = [join(scratch(), 'model.onnx'), await smallData()];
    const float = file('model.onnx', smallModel());
    const flags = ['--calibration', data, '--config', smallConfig(config), '--output', model];
    expect(await octet('quantize', float, ...flags)).toMatchObject({ code: 0 });
    await refuses(model, 'model-already-quantized', ['octet evaluate']);
    const scored = await octet('evaluate', model, '--evaluation', data, '--json');
    expect(scored.code).toBe(0);
    expect(lastLine(scored.stdout)).toMatchObject({ type: 'result', samples: 12 });
  });
});
