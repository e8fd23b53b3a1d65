import { floatAttribute, intAttribute } from '../attributes.ts';
import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import { TensorProto_DataType as DataType, type NodeProto } from '../proto/onnx_pb.ts';
import { dimsOf, readTensor } from '../tensor-proto.ts';

/** y = scale · x + shift, per channel, in float64. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** The tensor that an affine operator might work on: axis 1 are the channels. */
export interface ChannelTensor {
  readonly name: string;
  readonly rank: number;
  readonly channels: number;
}

/** `first`, then `second`. */
export function compose(first: Affine, second: Affine): Affine {
  return {
    scale: first.scale.map((scale, channel) => scale * (second.scale[channel] ?? NaN)),
    shift: first.shift.map((shift, channel) => shift * (second.scale[channel] ?? NaN) + (second.shift[channel] ?? NaN)),
  };
}

/** What `node` does to `tensor`, if that is one affine function per channel with constant factors. */
export function affineOf(graph: Graph, node: NodeProto, tensor: ChannelTensor): Affine | undefined {
  return isOperator(node, 'BatchNormalization')
    ? batchNormalization(graph, node, tensor)
    : arithmetic(graph, node, tensor);
}

/** scale = γ / √(variance + ε), shift = β − mean · scale. */
function batchNormalization(graph: Graph, node: NodeProto, { name, channels }: ChannelTensor): Affine | undefined {
  const [data, ...names] = node.input;
  const outputs = node.output.filter(Boolean).length;
  if (data !== name || outputs > 1 || intAttribute(node, 'training_mode', 0) === 1) return undefined;
  const [gamma, beta, mean, variance] = names.map((constant) => floatConstant(graph, constant)?.values);
  if (!gamma || !beta || !mean || !variance || gamma.length !== channels) return undefined;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (factor, c) => factor / Math.sqrt((variance[c] ?? NaN) + epsilon));
  return { scale, shift: scale.map((factor, c) => (beta[c] ?? NaN) - (mean[c] ?? NaN) * factor) };
}

function arithmetic(graph: Graph, node: NodeProto, tensor: ChannelTensor): Affine | undefined {
  const [left = '', right = ''] = node.input;
  const isLeft = left === tensor.name;
  if (isLeft === (right === tensor.name)) return undefined;
  const constant = perChannel(graph, isLeft ? right : left, tensor);
  if (!constant) return undefined;
  const ones = constant.map(() => 1);
  const zeros = constant.map(() => 0);
  if (isOperator(node, 'Add')) return { scale: ones, shift: constant };
  if (isOperator(node, 'Mul')) return { scale: constant, shift: zeros };
  if (isOperator(node, 'Sub')) {
    return isLeft
      ? { scale: ones, shift: constant.map((value) => -value) }
      : { scale: ones.map(() => -1), shift: constant };
  }
  return isOperator(node, 'Div') && isLeft ? { scale: constant.map((value) => 1 / value), shift: zeros } : undefined;
}

/** A constant that broadcasts to one value per channel without making the result larger. */
export function perChannel(graph: Graph, name: string, { rank, channels }: ChannelTensor): Float64Array | undefined {
  const constant = floatConstant(graph, name);
  if (!constant || constant.dims.length > rank) return undefined;
  const aligned = [...new Array<number>(rank - constant.dims.length).fill(1), ...constant.dims];
  if (!aligned.every((size, axis) => size === 1 || (axis === 1 && size === channels))) return undefined;
  const { values } = constant;
  return Float64Array.from({ length: channels }, (_, channel) => values[values.length === 1 ? 0 : channel] ?? NaN);
}

export interface FloatConstant {
  readonly dims: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** A float32 initializer. */
export function floatConstant(graph: Graph, name: string): FloatConstant | undefined {
  const proto = graph.initializer(name);
  if (proto?.dataType !== DataType.FLOAT) return undefined;
  return { dims: dimsOf(proto), values: readTensor(proto).data as Float32Array<ArrayBuffer> };
}
