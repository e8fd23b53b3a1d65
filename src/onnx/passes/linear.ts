import { floatAttribute, intAttribute } from '../attributes.ts';
import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { writeTensor } from '../tensor-proto.ts';
import { floatConstant, perChannel, type Affine, type ChannelTensor, type FloatConstant } from './affine.ts';

/** A Conv, ConvTranspose or Gemm whose weight and bias are constants. */
export interface Linear {
  readonly node: NodeProto;
  readonly output: ChannelTensor;
  readonly weight: FloatConstant;
  readonly bias: Float64Array;
  /** The output channel that the weight at this index contributes to. */
  channelOf(index: number): number;
}

export function linearOf(graph: Graph, node: NodeProto): Linear | undefined {
  if (!isOperator(node, 'Conv', 'ConvTranspose', 'Gemm')) return undefined;
  const weight = floatConstant(graph, node.input[1] ?? '');
  const layout = weight && channelLayout(node, weight.dims);
  if (!weight || !layout) return undefined;
  const rank = weight.dims.length;
  const output = { name: node.output[0] ?? '', rank, channels: layout.channels };
  const biasName = node.input[2];
  const bias = biasName ? perChannel(graph, biasName, biasShape(node, output)) : new Float64Array(layout.channels);
  return bias && { node, output, weight, bias, channelOf: layout.channelOf };
}

/** The bias of a Conv is a vector whatever the rank; that of a Gemm broadcasts to rows. */
function biasShape(node: NodeProto, output: ChannelTensor): ChannelTensor {
  return isOperator(node, 'Gemm') ? output : { ...output, rank: 2 };
}

function channelLayout(
  node: NodeProto,
  dims: readonly number[],
): (Pick<Linear, 'channelOf'> & { channels: number }) | undefined {
  const [first = 1, second = 1, ...kernel] = dims;
  const inner = kernel.reduce((product, size) => product * size, 1);
  if (isOperator(node, 'Conv')) {
    const perChannelCount = second * inner;
    return { channels: first, channelOf: (index) => Math.floor(index / perChannelCount) };
  }
  if (isOperator(node, 'ConvTranspose')) {
    const groups = intAttribute(node, 'group', 1);
    const inputsPerGroup = first / groups;
    const channelOf = (index: number) => {
      const input = Math.floor(index / (second * inner));
      return Math.floor(input / inputsPerGroup) * second + (Math.floor(index / inner) % second);
    };
    return { channels: second * groups, channelOf };
  }
  if (floatAttribute(node, 'alpha', 1) !== 1 || floatAttribute(node, 'beta', 1) !== 1) return undefined;
  return intAttribute(node, 'transB', 0) === 1
    ? { channels: first, channelOf: (index) => Math.floor(index / second) }
    : { channels: second, channelOf: (index) => index % second };
}

/** Lets `linear` compute its old output put through `affine`; false, with nothing changed, where that would overflow. */
export function applyAffine(
  graph: Graph,
  { node, weight, bias, channelOf }: Linear,
  { scale, shift }: Affine,
): boolean {
  const isScaled = scale.some((factor) => factor !== 1);
  const scaled = isScaled ? weight.values.map((value, index) => value * (scale[channelOf(index)] ?? NaN)) : undefined;
  const shifted = Float32Array.from(
    bias,
    (value, channel) => value * (scale[channel] ?? NaN) + (shift[channel] ?? NaN),
  );
  if (!shifted.every(Number.isFinite) || !(scaled ?? shifted).every(Number.isFinite)) return false;
  if (scaled) replaceConstant(graph, node, 1, { dims: weight.dims, values: scaled });
  replaceConstant(graph, node, 2, { dims: [shifted.length], values: shifted });
  return true;
}

/** Puts new values at an input, under the old name if nothing else reads that. */
export function replaceConstant(graph: Graph, node: NodeProto, index: number, { dims, values }: FloatConstant): void {
  const old = node.input[index];
  const isShared =
    !old ||
    graph.consumers(old).length > 1 ||
    node.input.filter((name) => name === old).length > 1 ||
    graph.isOutput(old);
  const name = isShared ? graph.uniqueName(`${node.name}_${index === 2 ? 'bias' : 'weight'}`) : old;
  graph.addInitializer(writeTensor(name, { type: 'float32', dims, data: values }));
  if (name !== old) graph.setInput(node, index, name);
}
