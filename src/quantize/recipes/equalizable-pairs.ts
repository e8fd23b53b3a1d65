import { elementCount } from '../../base/tensor.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { vectorAdd } from './vector-add.ts';
import { constantValues, layerShape } from './weight-channels.ts';

/** f(s · x) = s · f(x) for s > 0, channel by channel. */
const HOMOGENEOUS = new Set(['Relu', 'LeakyRelu', 'PRelu', 'Identity', 'Dropout']);
/** Homogeneous too, over the dimensions behind the channels of [N, C, …]. */
const SPATIAL = new Set(['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool']);

/** Where a constant stands. */
export interface ConstantInput {
  readonly node: NodeProto;
  readonly index: number;
}

/** A layer whose output channels can be divided by any positive factors, since nothing but `readers` sees them. */
export interface EqualizablePair {
  /** Tensor that the layer writes, its bias included. */
  readonly tensor: string;
  readonly channels: number;
  readonly producer: NodeProto;
  readonly bias: ConstantInput | undefined;
  /** Layers that read the channels; `spread`: how many of their input channels one channel becomes (Flatten). */
  readonly readers: readonly { readonly node: NodeProto; readonly spread: number }[];
}

/** Pairs of Conv, Gemm and MatMul with constant weights that only positively homogeneous functions join. */
export function equalizablePairs(model: PreparedModel): EqualizablePair[] {
  return model.graph.nodes.flatMap((node) => pairAt(model, node) ?? []);
}

function pairAt(model: PreparedModel, producer: NodeProto): EqualizablePair | undefined {
  const { graph } = model;
  const channels = layerShape(graph, producer)?.outputs;
  if (channels === undefined) return undefined;
  const product = producer.output[0] as string;
  const add = producer.opType === 'MatMul' ? vectorAdd(graph, product, channels) : undefined;
  const own = producer.opType !== 'MatMul' && producer.input[2] ? { node: producer, index: 2 } : undefined;
  if (own && !isVector(graph, own, channels)) return undefined;
  const tensor = add ? (add.node.output[0] as string) : product;
  const at: Channels = { axis: producer.opType === 'Conv' ? 'second' : 'last', count: channels, spread: 1 };
  const readers = readersOf(model, tensor, at);
  return readers && readers.length > 0 ? { tensor, channels, producer, bias: add ?? own, readers } : undefined;
}

function isVector(graph: Graph, { node, index }: ConstantInput, channels: number): boolean {
  const count = constantValues(graph, node.input[index])?.length;
  return count === 1 || count === channels;
}

/** How the channels lie in a tensor. */
interface Channels {
  readonly axis: 'second' | 'last';
  readonly count: number;
  readonly spread: number;
}

/** All layers that see the channels of `tensor`; undefined where something else does. */
function readersOf(model: PreparedModel, tensor: string, at: Channels): EqualizablePair['readers'] | undefined {
  const { graph } = model;
  if (graph.isOutput(tensor) || graph.isCaptured(tensor)) return undefined;
  const readers: { node: NodeProto; spread: number }[] = [];
  for (const node of graph.consumers(tensor)) {
    const found = readersThrough(model, node, tensor, at);
    if (!found) return undefined;
    readers.push(...found);
  }
  return readers;
}

function readersThrough(
  model: PreparedModel,
  node: NodeProto,
  tensor: string,
  at: Channels,
): EqualizablePair['readers'] | undefined {
  if (node.input.indexOf(tensor) !== 0 || node.input.lastIndexOf(tensor) !== 0 || node.domain) return undefined;
  const output = node.output[0] as string;
  const type = node.opType ?? '';
  const isAlone = node.output.filter(Boolean).length === 1;
  if (isAlone && (HOMOGENEOUS.has(type) || (SPATIAL.has(type) && at.axis === 'second'))) {
    return readersOf(model, output, at);
  }
  if (type === 'Flatten' || type === 'Reshape') {
    const flat = flattened(model, tensor, output, at);
    return flat && readersOf(model, output, flat);
  }
  const layer = layerShape(model.graph, node);
  const fits = (node.opType === 'Conv' ? 'second' : 'last') === at.axis && layer?.inputs === at.count * at.spread;
  return fits ? [{ node, spread: at.spread }] : undefined;
}

/** [N, C, …] written as [N, C · …]: each channel becomes a run of neighbours. */
function flattened({ infos }: PreparedModel, input: string, output: string, at: Channels): Channels | undefined {
  const [from, to] = [infos.get(input)?.dims, infos.get(output)?.dims];
  if (at.axis !== 'second' || at.spread !== 1 || !from || to?.length !== 2 || from[1] !== at.count) return undefined;
  const spatial = from.slice(2);
  if (spatial.includes(null)) return undefined;
  const spread = elementCount(spatial as number[]);
  return to[1] === at.count * spread ? { axis: 'last', count: at.count, spread } : undefined;
}
