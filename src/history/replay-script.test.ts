import { describe, expect, it } from 'vitest';
import { replayPlan } from '../engine/replay-plan.ts';
import { decodeModel } from '../onnx/decode.ts';
import { Graph } from '../onnx/graph.ts';
import type { TensorProto } from '../onnx/proto/onnx_pb.ts';
import { readTensor } from '../onnx/tensor-proto.ts';
import { concatenate } from '../base/bytes.ts';
import type { ActivationRanges, Int8OpConfig, OutlierChannels } from '../quantize/config.ts';
import { smoothQuant } from '../quantize/recipes/smooth-quant.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import { prepare, random } from '../quantize/testing/prepared-net.ts';
import type { TuneConfig } from '../tuning/types.ts';
import { replayScript } from './replay-script.ts';

const INT8: Int8OpConfig = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
};
const DYNAMIC: Int8OpConfig = { ...INT8, mode: 'dynamic' };

/** Conv, Relu, Conv; then a product whose input SmoothQuant can make quieter. */
const net = prepare({
  nodes: [
    { opType: 'Conv', name: 'first', input: ['x', 'w1'], output: ['c'], attributes: { pads: [1, 1, 1, 1] } },
    { opType: 'Relu', name: 'relu', input: ['c'], output: ['r'] },
    { opType: 'Conv', name: 'second', input: ['r', 'w2'], output: ['d'] },
    { opType: 'LayerNormalization', name: 'norm', input: ['d', 'gamma'], output: ['n'] },
    { opType: 'MatMul', name: 'product', input: ['n', 'w3'], output: ['y'] },
  ],
  constants: [random('w1', [6, 4, 3, 3]), random('w2', [4, 6, 1, 1]), random('gamma', [8]), random('w3', [8, 5])],
});
const ranges: ActivationRanges = {
  minmax: { x: { min: -1, max: 1.5 }, r: { min: 0, max: 3 }, d: { min: -2, max: 2.25 }, n: { min: -1, max: 4 } },
};
const loudest = { n: [1, 9, 1, 1, 4, 1, 1, 0.5] };

function planned(config: TuneConfig) {
  const factors = new Map(Object.entries(loudest).map(([name, values]) => [name, Float32Array.from(values)]));
  const model = config.smoothQuant === undefined ? net : smoothQuant(net, factors, config.smoothQuant);
  return { model, plan: replayPlan(net, config, { model, ranges, loudest }) };
}

function scriptOf(config: TuneConfig, outliers: OutlierChannels = {}, replay = planned(config).plan): string {
  const hash = '0'.repeat(64);
  const recipe = {
    format: 'octet-recipe/1' as const,
    octet: '1.2.3',
    model: { name: 'net """\n.onnx', sha256: hash },
    int8Sha256: hash,
    config,
    ranges,
    outliers,
    inputDims: {},
  };
  const offer = { trial: 7, model: new Uint8Array(), ops: [], yaml: '', recipe, replay };
  return replayScript(offer) ?? '';
}

const config: TuneConfig = {
  ops: { first: INT8, second: INT8, product: INT8 },
  weightStorage: 'auto',
  samplingSize: 100,
};

describe('the plan of a replay', () => {
  it('has the scales and zero points that the int8 file has, for every activation', () => {
    const { plan, model } = planned(config);
    const graph = new Graph(decodeModel(concatenate(rewrite(model, config, ranges, new WeightCache()).parts)));
    const pairs = graph.nodes.filter(({ opType }) => opType === 'QuantizeLinear');
    const value = (name: string | undefined): number =>
      Number(readTensor(graph.initializer(name ?? '') as TensorProto).data[0]);
    const written = pairs.map(({ name, input: [, scale, zeroPoint] }) => [
      name.replace('_QuantizeLinear', ''),
      value(scale),
      value(zeroPoint),
    ]);
    const told = Object.entries(plan.tensors).map(([name, { scale, zeroPoint }]) => [name, scale, zeroPoint]);
    expect(told.length).toBe(4);
    expect(told.toSorted()).toEqual(written.toSorted());
    expect(plan.absorbed).toEqual(['relu']);
  });

  it('names weights by their axis, and what each op is', () => {
    const { plan } = planned({ ...config, ops: { first: INT8, product: DYNAMIC } });
    expect(plan.staticOps).toEqual([
      {
        name: 'first',
        opType: 'Conv',
        weight: { dtype: 'int8', axis: 0, isSymmetric: true, isReduced: false },
      },
    ]);
    expect(plan.dynamicOps.map(({ name, weight }) => [name, weight?.axis])).toEqual([['product', 1]]);
  });

  it('tells every constant that SmoothQuant changes, by factors that undo each other', () => {
    const { plan } = planned({ ...config, smoothQuant: 0.5 });
    expect(plan.scalings.map(({ node, input, operation }) => [node, input, operation])).toEqual([
      ['product', 1, 'multiply'],
      ['norm', 1, 'divide'],
    ]);
    const [product, norm] = plan.scalings;
    expect(product?.factors).toEqual(norm?.factors);
    expect(product?.factors.length).toBe(8);
    expect(product?.factors[1]).toBeGreaterThan(product?.factors[7] ?? Infinity);
  });
});

describe('the script', () => {
  it('states the plan as Python', () => {
    const script = scriptOf({ ...config, smoothQuant: 0.5 });
    expect(script).toMatch(/^# \/\/\/ script\n# requires-python = ">=3\.11"\n# dependencies = \["onnxruntime==\d/);
    expect(script).toContain('BEYOND = []\n');
    expect(script).toContain('    "first": ("Conv", "int8", 0, True, False),\n');
    expect(script).toMatch(/ {4}"r": \("uint8", False, 0\.0117647\d+, 0\),\n/);
    expect(script).toContain(
      'FLOW = {\n    "first": ("x", "c"),\n    "second": ("r", "d"),\n    "product": ("n", "y"),\n}\n',
    );
    expect(script).toContain('ABSORBED = ["relu"]\n');
    expect(script).toMatch(/\("norm", 1, None, "divide", \[[\d., e-]+\]\),/);
    expect(script).toContain('STORAGE = "auto"\n');
    // The name of a file ends no docstring.
    expect(script.match(/"""/g)?.length).toBe((scriptOf(config).match(/"""/g) ?? []).length);
    expect(script).toContain('Quantizes net ____.onnx as trial 7');
  });

  it('names what onnxruntime cannot express, and only where it counts', () => {
    const all = { ...config, equalization: true, biasCorrection: true, weightClip: true } as const;
    expect(scriptOf(all)).toContain(
      'BEYOND = ["cross-layer equalization", "bias correction", "weight scales by least squared error"]',
    );
    expect(scriptOf({ ...all, ops: {} })).toContain('BEYOND = []');
    const split = { ...config, outlierChannels: true } as const;
    expect(scriptOf(split)).toContain('BEYOND = []');
    const loud = { x: { channels: [1], bound: 1 } };
    expect(scriptOf(split, loud)).toContain('BEYOND = ["outlier channels split off"]');
    const int4 = { ...INT8, mode: 'weight_only' } as const;
    expect(scriptOf({ ...config, ops: { product: int4 } })).toContain('BEYOND = ["4-bit weights (1 op)"]');
  });

  it('is none for a report without a plan', () => {
    const { trial, recipe } = { trial: 0, recipe: { config } } as unknown as Parameters<typeof replayScript>[0];
    expect(replayScript({ trial, recipe, model: new Uint8Array(), ops: [], yaml: '' })).toBeNull();
  });
});
