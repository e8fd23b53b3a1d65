import { Graph } from '../../onnx/graph.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { channelLayout } from '../channels.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { channelExtremes } from '../simd/weight.ts';
import { divideConstant, scalableProducer, type ChannelConstant } from './scalable-producer.ts';

/** A constant at an input of a node, times or through a factor per channel along `axis` (null: a vector, or one number for all). */
export interface ChannelScaling {
  readonly node: string;
  readonly input: number;
  readonly axis: number | null;
  readonly operation: 'multiply' | 'divide';
  readonly factors: Float32Array;
}

/** Below this a channel counts as this loud: dead channels must not blow their weights up (Neural Compressor's clip). */
const QUIETEST = 1e-5;

/** A tensor whose channels can be made quieter at no cost, and the products that read it. */
export interface SmoothableTensor {
  readonly tensor: string;
  readonly channels: number;
  readonly readers: readonly NodeProto[];
  readonly producer: readonly ChannelConstant[];
}

/**
 * Activations of MatMul and Gemm with constant weights whose producer can take a factor per channel into its own constants
 * (a LayerNormalization's scale and offset, a Mul, a product's weights), and which nothing else reads.
 */
export function smoothableTensors({ graph }: PreparedModel): SmoothableTensor[] {
  const found = new Map<string, SmoothableTensor>();
  for (const node of graph.nodes) {
    const tensor = node.input[0];
    if (!isConstantProduct(graph, node) || !tensor || found.has(tensor)) continue;
    const readers = graph.consumers(tensor);
    const fits = readers.every((reader) => isConstantProduct(graph, reader) && reader.input.indexOf(tensor, 1) < 0);
    if (!fits || graph.isOutput(tensor) || graph.isCaptured(tensor)) continue;
    const channels = dimsOf(weightOf(graph, node))[inputAxis(node)] as number;
    const producer = scalableProducer(graph, tensor, channels);
    if (producer) found.set(tensor, { tensor, channels, readers, producer });
  }
  return [...found.values()];
}

/**
 * SmoothQuant (Xiao et al. 2023, eq. 4): s_j = max|X_j|^α / max|W_j|^(1−α) per input channel j; the weights of all readers are
 * multiplied by s_j, the producer's constants divided. In float nothing changes but rounding; the activations' channels come closer to
 * one another, which one scale per tensor needs. `loudest`: max|X_j| by tensor name; tensors that it lacks are left alone.
 * `onScaling` is told of every constant that changes, in order.
 */
export function smoothQuant(
  model: PreparedModel,
  loudest: ReadonlyMap<string, Float32Array>,
  alpha: number,
  onScaling: (scaling: ChannelScaling) => void = () => undefined,
): PreparedModel {
  const work: PreparedModel = { graph: model.graph.clone(), infos: model.infos };
  const { graph } = work;
  for (const { tensor, readers, producer } of smoothableTensors(work)) {
    const magnitudes = loudest.get(tensor);
    if (!magnitudes) continue;
    const factors = smoothingFactors(graph, magnitudes, readers, alpha);
    for (const reader of readers) {
      scaleWeight(graph, reader, factors);
      onScaling({ node: reader.name, input: 1, axis: inputAxis(reader), operation: 'multiply', factors });
    }
    for (const constant of producer) {
      divideConstant(graph, constant, factors);
      const { node, index, axis } = constant;
      onScaling({ node: node.name, input: index, axis, operation: 'divide', factors });
    }
  }
  graph.prune();
  return { graph: new Graph(graph.commit()), infos: model.infos };
}

function smoothingFactors(
  graph: Graph,
  magnitudes: Float32Array,
  readers: readonly NodeProto[],
  alpha: number,
): Float32Array {
  const weights = new Float64Array(magnitudes.length);
  for (const reader of readers) {
    const { dims, data } = readTensor(weightOf(graph, reader));
    const { min, max } = channelExtremes(data as Float32Array, channelLayout(dims, inputAxis(reader)));
    weights.forEach((loudest, j) => (weights[j] = Math.max(loudest, -(min[j] as number), max[j] as number)));
  }
  return magnitudes.map((magnitude, j) => {
    const factor = Math.max(magnitude, QUIETEST) ** alpha / Math.max(weights[j] as number, QUIETEST) ** (1 - alpha);
    return magnitude === 0 || weights[j] === 0 ? 1 : Math.fround(factor);
  });
}

function scaleWeight(graph: Graph, reader: NodeProto, factors: Float32Array): void {
  const { dims, data } = readTensor(weightOf(graph, reader));
  const { count, stride } = channelLayout(dims, inputAxis(reader));
  const scaled = (data as Float32Array).map((value, i) => value * (factors[Math.floor(i / stride) % count] as number));
  const name = graph.uniqueName(`${reader.input[1] as string}_smoothed`);
  graph.setInput(reader, 1, graph.addInitializer(writeTensor(name, { type: 'float32', dims, data: scaled })));
}

function isConstantProduct(graph: Graph, node: NodeProto): boolean {
  if (node.opType !== 'MatMul' && (node.opType !== 'Gemm' || intAttribute(node, 'transA', 0) !== 0)) return false;
  return graph.initializer(node.input[1] ?? '')?.dims.length === 2;
}

function weightOf(graph: Graph, node: NodeProto): Parameters<typeof readTensor>[0] {
  return graph.initializer(node.input[1] ?? '') as Parameters<typeof readTensor>[0];
}

/** Axis of the weight that runs along the activation's channels. */
function inputAxis(node: NodeProto): number {
  return node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1 ? 1 : 0;
}
