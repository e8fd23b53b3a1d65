import { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { equalizablePairs, type ConstantInput, type EqualizablePair } from './equalizable-pairs.ts';
import {
  constantValues,
  incomingMagnitudes,
  magnitudes,
  replaceConstant,
  weightChannels,
  type WeightChannels,
} from './weight-channels.ts';

/** Chains settle within a few rounds; a pair alone in one. */
const MAX_ROUNDS = 10;
/** A bias counts as a weight of this share of it: nearly dead channels with a bias must not become the loudest. */
const BIAS_SHARE = 1 / 16;
/** Factors this close to 1 (log2) are not worth another round. */
const SETTLED = 0.01;

/**
 * Cross-layer equalization (Nagel et al. 2019, eq. 11): between two layers that only a positively homogeneous function joins,
 * output channel i of the first is divided by s_i = √(r1_i · r2_i) / r2_i and input channel i of the second multiplied by it; r: the
 * largest |w| of the channel. In float nothing changes but rounding; channels come closer to one another, which one scale
 * per tensor needs, for the activation in between and for weights alike.
 */
export function equalize(model: PreparedModel): PreparedModel {
  const work: PreparedModel = { graph: model.graph.clone(), infos: model.infos };
  const { graph } = work;
  const pairs = equalizablePairs(work).map((pair) => ({ ...pair, divisors: new Float64Array(pair.channels).fill(1) }));
  const weights = new Map<NodeProto, LayerWeight>();
  for (const { producer, readers } of pairs) {
    for (const node of [producer, ...readers.map((reader) => reader.node)]) weights.set(node, copyWeight(graph, node));
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const changes = pairs.map((pair) => balance(graph, pair, weights, pair.divisors));
    if (Math.max(0, ...changes) < SETTLED) break;
  }
  for (const [node, { dims, values }] of weights) replaceConstant(graph, node, 1, 'equalized', dims, values);
  for (const { bias, divisors } of pairs) if (bias) divideBias(graph, bias, divisors);
  graph.prune();
  return { graph: new Graph(graph.commit()), infos: model.infos };
}

interface LayerWeight {
  readonly channels: WeightChannels;
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

function copyWeight(graph: Graph, node: NodeProto): LayerWeight {
  return {
    channels: weightChannels(graph, node) as WeightChannels,
    dims: dimsOf(graph.initializer(node.input[1] as string) as TensorProto),
    values: (constantValues(graph, node.input[1]) as Float32Array).slice(),
  };
}

/** One step for one pair; returns how far its factors were from 1. */
function balance(
  graph: Graph,
  { producer, bias, readers }: EqualizablePair,
  weights: ReadonlyMap<NodeProto, LayerWeight>,
  divisors: Float64Array,
): number {
  const first = weights.get(producer) as LayerWeight;
  const outgoing = magnitudes(first.values, first.channels.outputOf, divisors.length);
  const biases = bias ? constantValues(graph, bias.node.input[bias.index]) : undefined;
  if (biases) {
    outgoing.forEach((magnitude, i) => {
      const value = Math.abs(biases[biases.length === 1 ? 0 : i] as number) / (divisors[i] as number);
      outgoing[i] = magnitude > 0 ? Math.max(magnitude, value * BIAS_SHARE) : 0;
    });
  }
  const incoming = new Float64Array(divisors.length);
  for (const { node, spread } of readers) {
    const { values, channels } = weights.get(node) as LayerWeight;
    incomingMagnitudes(values, channels, spread).forEach((magnitude, channel) => {
      incoming[channel] = Math.max(incoming[channel] as number, magnitude);
    });
  }
  const factors = outgoing.map((out, i) => {
    const into = incoming[i] as number;
    return out > 0 && into > 0 ? Math.sqrt(out * into) / into : 1;
  });
  scale(first.values, (i) => 1 / (factors[first.channels.outputOf[i] as number] as number));
  for (const { node, spread } of readers) {
    const { values, channels } = weights.get(node) as LayerWeight;
    scale(values, (i) => factors[Math.floor((channels.inputOf[i] as number) / spread)] as number);
  }
  factors.forEach((factor, i) => (divisors[i] = (divisors[i] as number) * factor));
  return Math.max(...factors.map((factor) => Math.abs(Math.log2(factor))));
}

function scale(values: Float32Array, factorAt: (i: number) => number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factorAt(i);
}

function divideBias(graph: Graph, { node, index }: ConstantInput, divisors: Float64Array): void {
  const dims = dimsOf(graph.initializer(node.input[index] as string) as TensorProto);
  const values = constantValues(graph, node.input[index]) as Float32Array;
  const divided = Float32Array.from(
    divisors,
    (divisor, i) => (values[values.length === 1 ? 0 : i] as number) / divisor,
  );
  replaceConstant(graph, node, index, 'equalized', values.length === 1 ? [divisors.length] : dims, divided);
}
