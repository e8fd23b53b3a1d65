import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../base/tensor.ts';
import { encodeModel } from '../onnx/encode.ts';
import { exposeTensors } from '../onnx/expose.ts';
import { buildModel, randomTensor } from '../quantize/testing/build-model.ts';
import { ort } from './ort-node.ts';
import { openOutputReader, type OutputReader } from './output-reader.ts';
import { createSession } from './session.ts';

const { graph } = buildModel({
  inputs: { x: [2, 3, 8, 8] },
  outputs: ['y'],
  weights: { w: [4, 3, 3, 3] },
  nodes: [
    { opType: 'Conv', input: ['x', 'w'], output: ['c'] },
    { opType: 'Relu', input: ['c'], output: ['r'] },
    { opType: 'Shape', input: ['r'], output: ['s'] },
    { opType: 'GlobalAveragePool', input: ['r'], output: ['y'] },
  ],
});
const model = encodeModel(exposeTensors(graph, ['x', 'c', 'r', 's']));
const feeds = { x: randomTensor([2, 3, 8, 8], 1) };
const outputs = ['s', 'r', 'x', 'y', 'c'];

describe.each([
  ['in the memory of the runtime', ort],
  ['of a runtime that shows no memory', { ...ort, wasm: undefined }],
])('a reader %s', (_, { wasm, ...rest }) => {
  let reader: OutputReader;
  beforeAll(async () => (reader = await openOutputReader(wasm ? { ...rest, wasm } : rest, model)));
  afterAll(() => reader.release());

  async function read(): Promise<[string, Tensor][]> {
    const found: [string, Tensor][] = [];
    await reader.run(feeds, outputs, (name, output) => {
      found.push([name, { ...output, data: output.data.slice() }]);
    });
    return found;
  }

  it('shows what a session gives, in the order asked for', async () => {
    const session = await createSession(ort, model, { optimization: 'all' });
    const expected = await session.run(feeds, outputs);
    await session.release();
    expect(await read()).toEqual(outputs.map((name) => [name, expected[name]]));
  });

  it('names what does not fit, and goes on', async () => {
    const wrong = { x: randomTensor([2, 5, 8, 8]) };
    const code = 'model-rejected-by-runtime';
    await expect(reader.run(wrong, outputs, () => undefined)).rejects.toMatchObject({
      code,
      details: { found: expect.stringMatching(/5/) as string },
    });
    await expect(reader.run({ z: feeds.x }, outputs, () => undefined)).rejects.toMatchObject({ code });
    expect(await read()).toHaveLength(outputs.length);
  });

  it('passes on what a visitor throws, and goes on', async () => {
    const visit = (): never => {
      throw new RangeError('enough');
    };
    await expect(reader.run(feeds, outputs, visit)).rejects.toThrow('enough');
    expect(await read()).toHaveLength(outputs.length);
  });

  it('refuses what is no model', async () => {
    await expect(openOutputReader(ort, new Uint8Array(100))).rejects.toMatchObject({
      code: 'model-rejected-by-runtime',
    });
  });
});

it('gives back all memory that its runs took', async () => {
  const wasm = await ort.wasm?.();
  const reader = await openOutputReader(ort, model);
  const failing = (): never => {
    throw new RangeError('enough');
  };
  const run = async (): Promise<void> => {
    await reader.run(feeds, outputs, () => undefined);
    await reader.run(feeds, outputs, failing).catch(() => undefined);
    await reader.run({ x: randomTensor([2, 5, 8, 8]) }, outputs, failing).catch(() => undefined);
  };
  await run();
  const before = wasm?.HEAPU8.length;
  // A single run that kept its outputs would keep 8 kB.
  for (let i = 0; i < 5000; i++) await run();
  expect(wasm?.HEAPU8.length).toBe(before);
  await reader.release();
});
