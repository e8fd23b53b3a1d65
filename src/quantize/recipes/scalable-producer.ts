import { elementCount } from '../../base/tensor.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';

/** Constants in front of a tensor that can be divided so that the tensor's last dimension is. */
export interface ScalableProducer {
  divide(factors: Float32Array): void;
}

/** The constants that scale `tensor` per channel of its last dimension; undefined where an op in between would not carry the factor. */
export function scalableProducer(graph: Graph, tensor: string, channels: number): ScalableProducer | undefined {
  const node = graph.producer(tensor);
  if (!node) return undefined;
  switch (node.opType) {
    case 'LayerNormalization':
      return layerNormalization(graph, node, channels);
    case 'Mul': {
      const constant = vectorOperand(graph, node, channels);
      return constant === undefined ? undefined : { divide: (factors) => divideVector(graph, node, constant, factors) };
    }
    case 'Add': {
      const constant = vectorOperand(graph, node, channels);
      if (constant === undefined) return undefined;
      const inner = node.input[1 - constant] as string;
      if (graph.consumers(inner).length !== 1 || graph.isOutput(inner)) return undefined;
      const producer = scalableProducer(graph, inner, channels);
      return producer && chain({ divide: (factors) => divideVector(graph, node, constant, factors) }, producer);
    }
    case 'MatMul':
    case 'Gemm':
      return product(graph, node, channels);
    default:
      return undefined;
  }
}

function chain(...producers: readonly ScalableProducer[]): ScalableProducer {
  return { divide: (factors) => producers.forEach((producer) => producer.divide(factors)) };
}

function layerNormalization(graph: Graph, node: NodeProto, channels: number): ScalableProducer | undefined {
  const indices = [1, 2].filter((index) => node.input[index]);
  if (
    node.output.filter(Boolean).length > 1 ||
    !indices.every((index) => isVector(graph, node.input[index], channels))
  ) {
    return undefined;
  }
  return chain(
    ...indices.map((index) => ({ divide: (factors: Float32Array) => divideVector(graph, node, index, factors) })),
  );
}

/** The columns of a constant right-hand matrix, and a Gemm's bias. */
function product(graph: Graph, node: NodeProto, channels: number): ScalableProducer | undefined {
  const weight = graph.initializer(node.input[1] ?? '');
  if (weight?.dims.length !== 2) return undefined;
  const bias = node.opType === 'Gemm' ? node.input[2] : undefined;
  if (bias && !isVector(graph, bias, channels)) return undefined;
  const columns = node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1 ? 0 : 1;
  return {
    divide(factors) {
      // Read now: the weight may have been smoothed as a reader's since.
      const { dims, data } = readTensor(graph.initializer(node.input[1] as string) as TensorProto);
      const width = dims[1] as number;
      const values = data as Float32Array;
      const divided = values.map(
        (value, i) => value / (factors[columns === 1 ? i % width : Math.floor(i / width)] as number),
      );
      replace(graph, node, 1, dims, divided);
      if (bias) divideVector(graph, node, 2, factors);
    },
  };
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

function divideVector(graph: Graph, node: NodeProto, index: number, factors: Float32Array): void {
  const tensor = graph.initializer(node.input[index] as string);
  if (!tensor) return;
  const { dims, data } = readTensor(tensor);
  const values = data as Float32Array;
  const divided = factors.map((factor, i) => (values[values.length === 1 ? 0 : i] as number) / factor);
  replace(graph, node, index, values.length === 1 ? [factors.length] : dims, divided);
}

/** A constant of the node's own: others may read the old one. */
function replace(graph: Graph, node: NodeProto, index: number, dims: readonly number[], data: Float32Array): void {
  const name = graph.uniqueName(`${node.input[index] as string}_smoothed`);
  graph.setInput(node, index, graph.addInitializer(writeTensor(name, { type: 'float32', dims, data })));
}
