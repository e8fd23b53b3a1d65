import { describe, expect, it } from 'vitest';
import { concatenate } from '../../base/bytes.ts';
import type { Tensor } from '../../base/tensor.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { exposeTensors } from '../../onnx/expose.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { Graph } from '../../onnx/graph.ts';
import type { TestNode } from '../../onnx/testing/build-model.ts';
import type { Int8Format, OutlierChannels, QuantizeConfig } from '../config.ts';
import { channelAxis } from '../channel-axis.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { rewrite, type QuantizedModel } from '../rewrite/rewrite.ts';
import { selectOps } from '../rewrite/select.ts';
import { WeightCache } from '../rewrite/weight-cache.ts';
import { randomTensor } from '../testing/build-model.ts';
import { emissionFaults } from '../testing/emission-faults.ts';
import { prepare, random, type Net } from '../testing/prepared-net.ts';
import { allInt8, rangesOf } from '../testing/quantize-and-run.ts';
import { runModel } from '../testing/run-model.ts';
import { loudChannels, outlierChannels, splitOutliers, splittableTensors } from './outlier-channels.ts';
import { smoothableTensors } from './smooth-quant.ts';

const CHANNELS = 32;
const LOUD = [5, 20];
const dims = [1, 24, CHANNELS];
/** Two channels are 200 times as loud as the others. */
const x: Tensor = { type: 'float32', dims, data: amplified(randomTensor(dims).data as Float32Array) };

function amplified(values: Float32Array): Float32Array {
  return values.map((value, i) => value * (LOUD.includes(i % CHANNELS) ? 200 : 1));
}

/** `before` writes `h`, which two products read. */
function net(before: readonly TestNode[], constants: Net['constants'] = []): Net {
  return {
    nodes: [
      ...before,
      { opType: 'MatMul', input: ['h', 'a'], output: ['p'] },
      { opType: 'Add', input: ['p', 'c'], output: ['q'] },
      { opType: 'MatMul', input: ['h', 'b'], output: ['r'] },
      { opType: 'Add', input: ['q', 'r'], output: ['y'] },
    ],
    constants: [random('a', [CHANNELS, 16]), random('b', [CHANNELS, 16]), random('c', [16]), ...constants],
    dims,
  };
}

/** No factor per channel can go into what writes `h`. */
const PRODUCERS: Readonly<Record<string, Net>> = {
  Relu: net([{ opType: 'Relu', input: ['x'], output: ['h'] }]),
  'a product of activations': net([
    { opType: 'Erf', input: ['x'], output: ['e'] },
    { opType: 'Mul', input: ['x', 'e'], output: ['h'] },
  ]),
  'a Concat of float': net([
    { opType: 'Abs', input: ['x'], output: ['left'] },
    { opType: 'Neg', input: ['x'], output: ['right'] },
    { opType: 'Concat', input: ['left', 'right'], output: ['h'], attributes: { axis: 1 } },
  ]),
  'a Concat of int8 products': net(
    [
      { opType: 'MatMul', input: ['x', 'w'], output: ['left'] },
      { opType: 'MatMul', input: ['x', 'v'], output: ['right'] },
      { opType: 'Concat', input: ['left', 'right'], output: ['h'], attributes: { axis: 1 } },
    ],
    [amplifiedColumns('w'), amplifiedColumns('v')],
  ),
  'an int8 product and a Relu that it would absorb': net(
    [
      { opType: 'MatMul', input: ['x', 'w'], output: ['m'] },
      { opType: 'Relu', input: ['m'], output: ['h'] },
    ],
    [amplifiedColumns('w')],
  ),
  'an int8 product, its bias and a Relu': net(
    [
      { opType: 'MatMul', input: ['x', 'w'], output: ['m'] },
      { opType: 'Add', input: ['m', 'o'], output: ['n'] },
      { opType: 'Relu', input: ['n'], output: ['h'] },
    ],
    [amplifiedColumns('w'), random('o', [CHANNELS])],
  ),
};

function amplifiedColumns(name: string): Net['constants'][number] {
  const { data, ...shape } = randomTensor([CHANNELS, CHANNELS], 3);
  return writeTensor(name, { ...shape, data: amplified(data as Float32Array) } as Tensor);
}

/** What calibration would have found, from one run. */
async function loudest(model: PreparedModel, feeds: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const names = [...new Set(model.graph.nodes.map(({ input }) => input[0] as string))].filter(
    (name) => channelAxis(model.graph, name) === 'last',
  );
  const inner = names.filter((name) => !model.graph.isInput(name));
  const { outputs } = await runModel(encodeModel(exposeTensors(model.graph, inner)), feeds);
  const entries = names.map((name): [string, number[]] => {
    const { data, dims } = outputs[name] ?? feeds[name]!;
    const channels = dims.at(-1)!;
    const found = new Array<number>(channels).fill(0);
    data.forEach((value, i) => (found[i % channels] = Math.max(found[i % channels]!, Math.abs(Number(value)))));
    return [name, found];
  });
  return Object.fromEntries(entries);
}

function error(float: Tensor, int8: Tensor): number {
  let [wrong, power] = [0, 0];
  float.data.forEach((value, i) => {
    wrong += (Number(value) - Number(int8.data[i])) ** 2;
    power += Number(value) ** 2;
  });
  return Math.sqrt(wrong / power);
}

interface Made extends QuantizedModel {
  readonly bytes: Uint8Array;
}

async function made(
  model: PreparedModel,
  outliers: OutlierChannels,
  change: Partial<QuantizeConfig> = {},
  format: Int8Format = 'qdq',
  feeds: Record<string, Tensor> = { x },
): Promise<Made> {
  const config = { ...allInt8(model), outlierChannels: true, ...change } as const;
  const means = Object.fromEntries(Object.keys(await loudest(model, feeds)).map((name) => [name, MEANS]));
  const ranges = await rangesOf(model, config, feeds);
  const quantized = rewrite(model, config, ranges, new WeightCache(), means, format, outliers);
  return { ...quantized, bytes: concatenate(quantized.parts) };
}

const MEANS = new Array<number>(CHANNELS).fill(0.5);

describe('loudChannels', () => {
  const quiet = Array.from({ length: 64 }, (_, i) => 1 + i / 64);

  it('names the channels that stand out, and what the others reach', () => {
    expect(loudChannels(quiet.with(40, 100).with(3, 50))).toEqual({ channels: [3, 40], bound: 1 + 63 / 64 });
  });

  it('finds none where channels differ by less than 8 times, are all silent, or are one', () => {
    expect([quiet, quiet.map(() => 0), [5], []].map(loudChannels)).toEqual(new Array(4).fill(undefined));
    expect(loudChannels(quiet.with(0, 11))).toBeUndefined();
  });

  it('takes the loudest sixteenth where more stand out, and one of a few', () => {
    const many = quiet.map((value, i) => (i < 10 ? 50 * 2 ** i : value));
    expect(loudChannels(many)).toEqual({ channels: [6, 7, 8, 9], bound: 50 * 2 ** 5 });
    expect(loudChannels(quiet.map((value, i) => (i < 10 ? 100 + i : value)))).toBeUndefined();
    expect(loudChannels([1, 90, 1, 1])).toEqual({ channels: [1], bound: 1 });
  });

  it('leaves dead channels out of the median', () => {
    const dead = quiet.map((value, i) => (i < 60 ? 0 : value)).with(63, 100);
    expect(loudChannels(dead)?.channels).toEqual([63]);
  });
});

describe.each(Object.entries(PRODUCERS))('loud channels behind %s', (name, spec) => {
  // A batch of unknown size, as models have it: ONNX Runtime makes a float Gemm of a product and its bias where it knows all sizes.
  const model = prepare(spec, { dims: ['batch', ...dims.slice(1)] });
  // What an int8 product reads is quiet: its own outputs are what is loud.
  const isQuiet = name.includes('int8 product');
  const feeds = { x: isQuiet ? { ...x, data: randomTensor(dims).data } : x };

  it('are beyond SmoothQuant', () => {
    expect(smoothableTensors(model).map(({ tensor }) => tensor)).not.toContain('h');
  });

  it('are split off without a change of the float results (relative 1e-6)', async () => {
    const outliers = outlierChannels(await loudest(model, feeds));
    expect(outliers['h']?.channels).toEqual(LOUD);
    const config = { ...allInt8(model), outlierChannels: true } as const;
    const work = { graph: model.graph.clone(), infos: model.infos };
    const split = splitOutliers(work, config, {}, outliers);
    expect(split.loud.size).toBeGreaterThanOrEqual(2);
    const [before, after] = await Promise.all(
      [model.graph.model, split.model.graph.commit()].map((proto) => runModel(encodeModel(proto), feeds)),
    );
    expect(error(before!.outputs['y']!, after!.outputs['y']!)).toBeLessThan(1e-6);
  });

  it('no longer make int8 coarse, in integer kernels, the codes shared', async () => {
    const outliers = outlierChannels(await loudest(model, feeds));
    const float = await runModel(encodeModel(model.graph.model), feeds);
    const [without, split] = [await made(model, {}, {}, 'qdq', feeds), await made(model, outliers, {}, 'qdq', feeds)];
    const [plain, mended] = [await runModel(without.bytes, feeds, true), await runModel(split.bytes, feeds, true)];
    const errors = [plain, mended].map(({ outputs }) => error(float.outputs['y']!, outputs['y']!));
    // The error of an int8 product in front stays.
    expect(errors[1]).toBeLessThan((isQuiet ? 0.5 : 0.1) * errors[0]!);
    expect(emissionFaults(split.bytes)).toEqual([]);
    const count = (kernels: readonly string[]): number =>
      kernels.filter((kernel) => /MatMulInteger|QLinear|QGemm/.test(kernel)).length;
    expect(count(mended.kernels)).toBeGreaterThanOrEqual(
      model.graph.nodes.filter(({ opType }) => opType === 'MatMul').length,
    );
    const codes = new Graph(decodeModel(split.bytes))
      .consumers('h')
      .filter(({ opType }) => opType === 'QuantizeLinear');
    expect(codes).toHaveLength(1);
  });
});

describe('splitting', () => {
  const relu = prepare(PRODUCERS['Relu']!);

  it('gives the same bytes every time, and the unsplit model where nothing is loud or the recipe is off', async () => {
    const outliers = outlierChannels(await loudest(relu, { x }));
    const { bytes } = await made(relu, outliers);
    expect((await made(relu, outliers)).bytes).toEqual(bytes);
    const without = await made(relu, {});
    expect(without.bytes).not.toEqual(bytes);
    const off = allInt8(relu);
    const plain = rewrite(relu, off, await rangesOf(relu, off, { x }), new WeightCache(), {}, 'qdq', outliers);
    expect(concatenate(plain.parts)).toEqual(without.bytes);
  });

  it('tells which ops it concerns', async () => {
    const { ops } = await made(relu, outlierChannels(await loudest(relu, { x })));
    const products = ops.filter(({ opType }) => opType === 'MatMul');
    expect(products.map(({ precision }) => precision)).toEqual(['int8', 'int8']);
    expect(products.map(({ reason }) => reason)).toEqual(
      new Array(2).fill('2 loud channels of its input are split off to float'),
    );
    expect(ops).toHaveLength(relu.graph.nodes.length);
  });

  it('leaves a tensor alone that a layer writes in codes, whose weight is no matrix, or that only float ops read', () => {
    const tensorsOf = (spec: Net, float: readonly string[] = []): string[] => {
      const model = prepare(spec);
      return splittableTensors(model, selectOps(model, allInt8(model, float)));
    };
    const product = { opType: 'MatMul', input: ['h', 'a'], output: ['y'] };
    const [a, w] = [random('a', [CHANNELS, 16]), random('w', [CHANNELS, CHANNELS])];
    const first = { opType: 'MatMul', input: ['x', 'w'], output: ['h'] };
    expect(tensorsOf({ nodes: [first, product], constants: [a, w], dims })).toEqual(['x']);
    const conv = { opType: 'Conv', input: ['x', 'k'], output: ['f'] };
    const flat = { opType: 'Flatten', input: ['f'], output: ['h'] };
    const convolved = { nodes: [conv, flat, product], constants: [random('k', [4, 4, 3, 3]), random('a', [144, 16])] };
    expect(tensorsOf(convolved)).toEqual([]);
    const batched = { opType: 'MatMul', input: ['x', 'a'], output: ['y'] };
    expect(tensorsOf({ nodes: [batched], constants: [random('a', [1, CHANNELS, 16])], dims })).toEqual([]);
    const spec = PRODUCERS['Relu']!;
    expect(tensorsOf(spec)).toEqual(['h']);
    expect(
      tensorsOf(
        spec,
        prepare(spec).graph.nodes.map(({ name }) => name),
      ),
    ).toEqual([]);
  });

  it('splits Gemm with transposed weights and bias, as integer operators too', async () => {
    const flat = [24, CHANNELS];
    const gemm = prepare({
      nodes: [
        { opType: 'Relu', input: ['x'], output: ['h'] },
        { opType: 'Gemm', input: ['h', 'a', 'c'], output: ['g'], attributes: { transB: 1 } },
        { opType: 'Relu', input: ['g'], output: ['y'] },
      ],
      constants: [random('a', [16, CHANNELS]), random('c', [16])],
      dims: flat,
    });
    const feeds = { x: { ...x, dims: flat } };
    const outliers = outlierChannels(await loudest(gemm, feeds));
    const { y } = (await runModel(encodeModel(gemm.graph.model), feeds)).outputs;
    const wrong = async (found: OutlierChannels, format: Int8Format): Promise<number> => {
      const { bytes } = await made(gemm, found, {}, format, feeds);
      return error(y!, (await runModel(bytes, feeds)).outputs['y']!);
    };
    const qdq = await wrong(outliers, 'qdq');
    expect(qdq).toBeLessThan(0.1 * (await wrong({}, 'qdq')));
    expect(Math.abs((await wrong(outliers, 'qoperator')) - qdq)).toBeLessThan(0.1 * qdq);
  });

  it('keeps the bias correction of a product, whose bias follows the sum', async () => {
    const outliers = outlierChannels(await loudest(relu, { x }));
    const biasOf = ({ bytes }: Made): Float32Array => {
      const graph = new Graph(decodeModel(bytes));
      const add = graph.nodes.find(({ output }) => output[0] === 'q')!;
      const bias = add.input.flatMap((name) => graph.initializer(name) ?? []);
      return readTensor(bias[0]!).data as Float32Array;
    };
    const plain = biasOf(await made(relu, outliers));
    const corrected = biasOf(await made(relu, outliers, { biasCorrection: true }));
    const shift = Math.max(...corrected.map((value, i) => Math.abs(value - plain[i]!)));
    expect(shift).toBeGreaterThan(0);
    // Half a step per weight at most, for means of 0.5.
    expect(shift).toBeLessThan((0.5 * CHANNELS * 0.5) / 127);
  });
});
