import { elementCount } from '../../base/tensor.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';

/** A constant whose channels are those of a tensor behind it. */
export interface ChannelConstant {
  readonly node: NodeProto;
  readonly index: number;
  /** Of the channels in a matrix; null: a vector, or a single number. */
  readonly axis: 0 | 1 | null;
}

/**
 * The constants in front of `tensor` that scale it per channel of its last dimension when they are all divided; undefined where an
 * op in between would not carry the factor.
 */
export function scalableProducer(
  graph: Graph,
  tensor: string,
  channels: number,
): readonly ChannelConstant[] | undefined {
  const node = graph.producer(tensor);
  if (!node) return undefined;
  switch (node.opType) {
    case 'LayerNormalization':
      return layerNormalization(graph, node, channels);
    case 'Mul': {
      const index = vectorOperand(graph, node, channels);
      if (index === undefined || endsGelu(graph, node)) return undefined;
      return [{ node, index, axis: null }];
    }
    case 'Add': {
      const index = vectorOperand(graph, node, channels);
      if (index === undefined) return undefined;
      const inner = node.input[1 - index] as string;
      if (graph.consumers(inner).length !== 1 || graph.isOutput(inner)) return undefined;
      const producer = scalableProducer(graph, inner, channels);
      return producer && [{ node, index, axis: null }, ...producer];
    }
    case 'MatMul':
    case 'Gemm':
      return product(graph, node, channels);
    default:
      return undefined;
  }
}

/** Divides a constant of `factors.length` channels by a factor each. */
export function divideConstant(graph: Graph, { node, index, axis }: ChannelConstant, factors: Float32Array): void {
  // Read now: a weight may have been smoothed as a reader's since.
  const tensor = graph.initializer(node.input[index] as string);
  if (!tensor) return;
  const { dims, data } = readTensor(tensor);
  const values = data as Float32Array;
  const width = dims[1] as number;
  if (axis !== null) {
    const channelOf = (i: number): number => (axis === 1 ? i % width : Math.floor(i / width));
    const divided = values.map((value, i) => value / (factors[channelOf(i)] as number));
    return replace(graph, node, index, dims, divided);
  }
  const divided = factors.map((factor, i) => (values[values.length === 1 ? 0 : i] as number) / factor);
  replace(graph, node, index, values.length === 1 ? [factors.length] : dims, divided);
}

function layerNormalization(graph: Graph, node: NodeProto, channels: number): ChannelConstant[] | undefined {
  const indices = [1, 2].filter((index) => node.input[index]);
  const fits = indices.every((index) => isVector(graph, node.input[index], channels));
  if (!fits || node.output.filter(Boolean).length > 1) return undefined;
  return indices.map((index) => ({ node, index, axis: null }));
}

/** The columns of a constant right-hand matrix, and a Gemm's bias. */
function product(graph: Graph, node: NodeProto, channels: number): ChannelConstant[] | undefined {
  const weight = graph.initializer(node.input[1] ?? '');
  if (weight?.dims.length !== 2) return undefined;
  const bias = node.opType === 'Gemm' ? node.input[2] : undefined;
  if (bias && !isVector(graph, bias, channels)) return undefined;
  const isTransposed = node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1;
  return [{ node, index: 1, axis: isTransposed ? 0 : 1 }, ...(bias ? [{ node, index: 2, axis: null }] : [])];
}

/**
 * True for the last product of a Gelu that is written out, x · (1 + erf(x / √2)) · 0.5: ONNX Runtime computes its five ops as one,
 * which they no longer are with a factor per channel: that would take more time than int8 saves in the product behind it.
 */
function endsGelu(graph: Graph, node: NodeProto): boolean {
  const behind = (opType: string, from: readonly NodeProto[]): NodeProto[] =>
    from
      .flatMap(({ input }) => input.flatMap((name) => graph.producer(name) ?? []))
      .filter((each) => each.opType === opType);
  return behind('Erf', behind('Add', behind('Mul', [node]))).length > 0;
}

/** Input index of the constant operand that broadcasts along the last dimension. */
function vectorOperand(graph: Graph, node: NodeProto, channels: number): number | undefined {
  return [0, 1].find((index) => isVector(graph, node.input[index], channels));
}

/** True for a constant of `channels` values along its last dimension, or a single one. */
function isVector(graph: Graph, name: string | undefined, channels: number): boolean {
  const tensor = graph.initializer(name ?? '');
  if (!tensor) return false;
  const dims = dimsOf(tensor);
  const count = elementCount(dims);
  return count === 1 || (count === channels && dims.at(-1) === channels);
}

/** A constant of the node's own: others may read the old one. */
function replace(graph: Graph, node: NodeProto, index: number, dims: readonly number[], data: Float32Array): void {
  const name = graph.uniqueName(`${node.input[index] as string}_smoothed`);
  graph.setInput(node, index, graph.addInitializer(writeTensor(name, { type: 'float32', dims, data })));
}
