import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../base/hash.ts';
import { concatenate } from '../base/bytes.ts';
import { encodeModel } from './encode.ts';
import { decodeModel } from './decode.ts';
import { loadModel } from './load-model.ts';
import { StringStringEntryProtoSchema, TensorProto_DataLocation, type ModelProto } from './proto/onnx_pb.ts';
import { floats, readTensor } from './tensor-proto.ts';
import { buildModel } from './testing/build-model.ts';
import { bytesHeader } from '../base/wire.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const gemm = () =>
  buildModel({
    nodes: [{ opType: 'Gemm', input: ['x', 'w', 'b'], output: ['y'] }],
    inputs: { x: { dims: ['N', 8] } },
    outputs: { y: { dims: ['N', 4] } },
    initializers: [
      floats(
        'w',
        Array.from({ length: 32 }, (_, i) => i),
        [8, 4],
      ),
      floats('b', [1, 2, 3, 4]),
    ],
  });

const file = (path: string, bytes: Bytes) => ({ path, blob: new Blob([bytes]) });
const text = (value: string): Bytes => new TextEncoder().encode(value);
const loading = (bytes: Bytes, path = 'model.onnx') => loadModel([file(path, bytes)]);

describe('loadModel', () => {
  it('reads a model and hashes the file as given', async () => {
    const bytes = encodeModel(gemm());
    const { path, model, sha256: hash } = await loadModel([file('notes.txt', text('hi')), file('a/m.onnx', bytes)]);
    expect(path).toBe('a/m.onnx');
    expect(model.graph?.node[0]?.opType).toBe('Gemm');
    expect(hash).toBe(await sha256(bytes));
  });

  it.each([
    ['nothing', '', 'model-empty'],
    ['an HTML page', '\n<!DOCTYPE html><html></html>', 'model-not-onnx'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 123\n', 'model-not-onnx'],
    ['JSON', '{"modelTopology": {}}', 'model-not-onnx'],
    ['XML', '<?xml version="1.0"?><net/>', 'model-not-onnx'],
    ['a zip', 'PK\x03\x04....archive/data.pkl', 'model-not-onnx'],
    ['TensorFlow Lite', '\x1c\0\0\0TFL3....', 'model-not-onnx'],
    ['ORT format', '\x1c\0\0\0ORTM....', 'model-not-onnx'],
    ['prose', 'This is not a model at all.', 'model-not-onnx'],
  ])('says of %s what it is', async (_, content, code) => {
    await expect(loading(text(content))).rejects.toMatchObject({ code, details: { file: 'model.onnx' } });
  });

  it('names the kinds it knows', async () => {
    const found = async (bytes: Bytes) =>
      loading(bytes).catch((fault: { details: { found: string } }) => fault.details.found);
    expect(await found(text('PK\x03\x04....archive/data.pkl'))).toContain('PyTorch');
    expect(await found(text('version https://git-lfs.github.com/spec/v1\nsize 123\n'))).toContain('123 bytes');
    const header = text('{"w":{"dtype":"F32"}}');
    const safetensors = concatenate([Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0), header]);
    expect(await found(safetensors)).toContain('safetensors');
    // A TensorFlow GraphDef: field 1 holds messages, where a ModelProto has a number.
    expect(await found(concatenate([bytesHeader(1, 3), text('abc')]))).toContain('TensorFlow');
  });

  it('tells how many bytes a truncated model lacks', async () => {
    const bytes = encodeModel(gemm());
    const fault = await loading(bytes.slice(0, bytes.length - 60)).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code: 'model-truncated' });
    // The operator sets after the graph are beyond what its length tells.
    const missing = Number(
      /at least (\d+) are missing/.exec((fault as { details: { found: string } }).details.found)?.[1],
    );
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThanOrEqual(60);
  });

  it('refuses every cut of a model with a code of its own', async () => {
    const bytes = encodeModel(gemm());
    // A file that ends between its operator sets reads as complete.
    const lastOpset = bytesHeader(8, 0).length + '\n\rcom.microsoft\x10\x01'.length;
    for (let length = 1; length < bytes.length - lastOpset; length += 7) {
      await expect(loading(bytes.slice(0, length))).rejects.toMatchObject({
        code: expect.stringMatching(/^model-(truncated|invalid|not-onnx)$/),
      });
    }
  });

  it('asks which of several models is meant', async () => {
    const bytes = encodeModel(gemm());
    await expect(loadModel([file('a.onnx', bytes), file('b.onnx', bytes)])).rejects.toMatchObject({ code: 'usage' });
    await expect(loadModel([])).rejects.toMatchObject({ code: 'model-not-onnx' });
  });
});

describe('external data', () => {
  const side = new Uint8Array(Float32Array.from({ length: 40 }, (_, i) => i / 2).buffer);
  const external = (location: string, { offset = 16, length = 128 } = {}): Bytes => {
    const model: ModelProto = gemm();
    const tensor = model.graph!.initializer[0]!;
    tensor.rawData = new Uint8Array();
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.externalData = Object.entries({ location, offset: String(offset), length: String(length) }).map(
      ([key, value]) => create(StringStringEntryProtoSchema, { key, value }),
    );
    return encodeModel(model);
  };
  const load = (bytes: Bytes, sidePath = 'm/weights.bin') =>
    loadModel([file(sidePath, side), file('m/model.onnx', bytes)]);

  it('takes weights from the side file, at their offset', async () => {
    const { model, bytes, warnings } = await load(external('weights.bin'));
    expect([...readTensor(model.graph!.initializer[0]!).data].slice(0, 3)).toEqual([2, 2.5, 3]);
    expect(readTensor(decodeModel(bytes.slice()).graph!.initializer[0]!).data).toHaveLength(32);
    expect(warnings).toEqual([]);
  });

  it('hashes the side file too', async () => {
    const first = await load(external('weights.bin'));
    const changed = side.slice();
    changed[159] = 1;
    const second = await loadModel([file('m/weights.bin', changed), file('m/model.onnx', external('weights.bin'))]);
    expect(second.sha256).not.toBe(first.sha256);
  });

  it('finds a side file whose folder was lost, and says so', async () => {
    const { warnings } = await load(external('data/weights.bin'), 'weights.bin');
    expect(warnings).toMatchObject([{ code: 'external-data-moved' }]);
  });

  it('names a side file that is missing', async () => {
    await expect(load(external('other.bin'))).rejects.toMatchObject({
      code: 'model-external-data-missing',
      details: { message: expect.stringContaining('other.bin') },
    });
  });

  it.each(['/etc/weights.bin', '../weights.bin', 'a/../../weights.bin', 'C:\\weights.bin', ''])(
    'refuses the location "%s"',
    async (location) => {
      await expect(load(external(location))).rejects.toMatchObject({ code: 'model-external-data-invalid' });
    },
  );

  it.each([{ offset: 64 }, { length: 64 }, { offset: -4 }])('refuses %o, which does not fit', async (place) => {
    await expect(load(external('weights.bin', place))).rejects.toMatchObject({ code: 'model-external-data-invalid' });
  });
});
