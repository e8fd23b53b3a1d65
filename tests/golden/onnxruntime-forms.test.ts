import { describe, expect, it } from 'vitest';
import { prepareModel } from '../../src/engine/prepare.ts';
import { concatenate } from '../../src/base/bytes.ts';
import { readTensor } from '../../src/onnx/tensor-proto.ts';
import type { ActivationRange, Int8OpConfig, OpConfig } from '../../src/quantize/config.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { quantizeWeight } from '../../src/quantize/weight.ts';
import {
  decodeValues,
  emittedForm,
  type EmittedConstant,
  type EmittedForm,
} from '../../src/quantize/testing/emitted-form.ts';
import golden from './onnxruntime_forms.json';

interface GoldenForm {
  readonly activations: EmittedForm['activations'];
  readonly constants: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
type Ranges = Readonly<Record<string, readonly [number, number]>>;
interface GoldenModel {
  readonly model: string;
  readonly ranges: Readonly<Record<'minmax' | 'percentile', Ranges>>;
  readonly configs: Readonly<Record<string, GoldenForm>>;
}
interface Pooled {
  readonly type: string;
  readonly axis: number | null;
  readonly scales: string;
  readonly zeroPoints?: readonly number[];
  readonly codes: string;
}

const models = golden.models as unknown as Readonly<Record<string, GoldenModel>>;
const pool = (golden.pool as unknown as readonly Pooled[]).map((entry): EmittedConstant => ({
  type: entry.type,
  axis: entry.axis,
  scales: Array.from(decodeValues('float32', entry.scales) as Float32Array),
  zeroPoints: entry.zeroPoints ?? [],
  codes: Array.from(decodeValues(entry.type as 'int8', entry.codes) as Int8Array),
}));

type Weight = Partial<Int8OpConfig['weight']>;
type Activation = Partial<Int8OpConfig['activation']>;

/** Each config of onnxruntime_forms.py in Octet's words. */
const CONFIGS: Readonly<Record<string, { weight?: Weight; activation?: Activation }>> = {
  u8s8: {},
  'u8s8 per channel': { weight: { granularity: 'per_channel' } },
  'u8s8 percentile': { weight: { granularity: 'per_channel' }, activation: { algorithm: 'percentile' } },
  'u8s8 asymmetric weights': { weight: { scheme: 'asym' } },
  'u8s8 symmetric activations': { weight: { granularity: 'per_channel' }, activation: { scheme: 'sym' } },
  'u8s8 reduced': { weight: { granularity: 'per_channel', bit: 7 } },
  u8u8: { weight: { dtype: 'uint8', scheme: 'asym' } },
  'u8u8 per channel': { weight: { dtype: 'uint8', granularity: 'per_channel' } },
  'u8u8 reduced': { weight: { dtype: 'uint8', scheme: 'asym', bit: 7 } },
  s8s8: { weight: { granularity: 'per_channel' }, activation: { dtype: 'int8' } },
  's8s8 symmetric': { activation: { dtype: 'int8', scheme: 'sym' } },
  u16s8: { weight: { granularity: 'per_channel' }, activation: { dtype: 'uint16' } },
};

function opConfig(name: string): Int8OpConfig {
  const { weight, activation } = CONFIGS[name]!;
  return {
    mode: 'static',
    weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_tensor', algorithm: 'minmax', ...weight },
    activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax', ...activation },
  };
}

const prepared = new Map(
  Object.entries(models).map(([name, { model }]) => [
    name,
    prepareModel(Uint8Array.from(Buffer.from(model, 'base64')), {}).model,
  ]),
);

function octetForm(name: string, config: string): EmittedForm {
  const model = prepared.get(name)!;
  const op = opConfig(config);
  const ranges = Object.entries(models[name]!.ranges[op.activation.algorithm as 'minmax'] ?? {});
  const found = Object.fromEntries(
    ranges.map(([tensor, [min, max]]): [string, ActivationRange] => [tensor, { min, max }]),
  );
  const { parts } = rewrite(
    model,
    {
      ops: Object.fromEntries(model.graph.nodes.map(({ name }): [string, OpConfig] => [name, op])),
      weightStorage: 'float32',
    },
    { [op.activation.algorithm]: found },
    new WeightCache(),
  );
  return emittedForm(concatenate(parts));
}

/** Entries of both, with the same key. */
function shared<A, B>(ours: Readonly<Record<string, A>>, theirs: Readonly<Record<string, B>>): [string, A, B][] {
  return Object.entries(ours).flatMap(([key, value]): [string, A, B][] =>
    key in theirs ? [[key, value, theirs[key]!]] : [],
  );
}

/** What Octet writes otherwise, on purpose: tensors, and inputs of nodes (`Conv_0 1`), by model, for the configs that match. */
const DIFFERENCES: readonly { model: string; configs: RegExp; places: readonly string[]; because: string }[] = [
  { model: 'Sigmoid, Mul', configs: /./, places: ['t1'], because: 'a Sigmoid ends at 0 and 1 by definition' },
  {
    model: 'AveragePool',
    configs: /./,
    places: ['t1', 'Conv_2 2'],
    because: 'means span less than what they are made of',
  },
  {
    model: 'Resize linear',
    configs: /./,
    places: ['t1', 'Conv_2 2'],
    because: 'a linear Resize is float: a range of its own',
  },
  { model: 'Gather of a table', configs: /reduced|percentile/, places: ['t0'], because: 'what is looked up decides' },
  {
    model: 'moving ops',
    configs: /./,
    places: ['t7'],
    because: 'DepthToSpace and Tile run on the integers, so all of the chain has one scale',
  },
  {
    model: 'bias overflow',
    configs: /u8u8 per channel/,
    places: ['Conv_0 1', 'Conv_0 2'],
    because: 'ONNX Runtime keeps only int8 weights from biases that overflow, and clips those of uint8 weights',
  },
];

function expectedDifferences(model: string, config: string): string[] {
  return DIFFERENCES.filter((entry) => entry.model === model && entry.configs.test(config)).flatMap(
    ({ places }) => places,
  );
}

const withWeight = new Set(['Conv', 'Gemm', 'MatMul']);

/** Bit for bit what onnxruntime_forms.py found quantize_static to write, from the same ranges. */
describe.each(Object.keys(models))('%s is what quantize_static writes', (name) => {
  const { configs } = models[name]!;
  const { graph } = prepared.get(name)!;

  it.each(Object.keys(configs).filter((config) => config in CONFIGS))('%s', (config) => {
    const ours = octetForm(name, config);
    const theirs = configs[config]!;
    const constants = shared(ours.constants, theirs.constants).flatMap(([node, inputs, places]) =>
      shared(inputs, places).map(([input, mine, place]) => [`${node} ${input}`, mine, pool[place]] as const),
    );
    const places = [...shared(ours.activations, theirs.activations), ...constants];
    const different = places.filter(([, mine, other]) => JSON.stringify(mine) !== JSON.stringify(other));
    const wanted = expectedDifferences(name, config);
    for (const [place, mine, other] of different) if (!wanted.includes(place)) expect(mine, place).toEqual(other);
    expect(different.map(([place]) => place)).toEqual(wanted);
    const layers = graph.nodes.filter(({ opType, input }) => withWeight.has(opType) && graph.initializer(input[1]!));
    for (const { name, input } of layers) {
      expect(constants.map(([place]) => place)).toContain(`${name} 1`);
      expect(places.map(([place]) => place)).toContain(input[0]);
    }
  });
});

describe('weights of ops that compute in float here agree all the same', () => {
  it.each([
    ['ConvTranspose', 1],
    ['MatMul 3-D', null],
  ] as const)('%s', (name, axis) => {
    const { graph } = prepared.get(name)!;
    const [node] = graph.nodes;
    const tensor = readTensor(graph.initializer(node!.input[1]!)!);
    for (const config of Object.keys(models[name]!.configs).filter((key) => key in CONFIGS)) {
      const { weight } = opConfig(config);
      const { scales, zeroPoints, codes } = quantizeWeight(
        tensor,
        weight,
        weight.granularity === 'per_channel' ? axis : null,
      );
      const theirs = pool[models[name]!.configs[config]!.constants[node!.name]![1]!]!;
      expect([[...scales], [...zeroPoints], [...codes]]).toEqual([theirs.scales, theirs.zeroPoints, theirs.codes]);
    }
  });
});
