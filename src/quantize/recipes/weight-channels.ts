import { elementCount } from '../../base/tensor.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import { TensorProto_DataType, type NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, isExternal, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';

/** How the weight of a layer falls into channels. */
interface LayerShape {
  readonly outputs: number;
  readonly inputs: number;
  readonly dims: readonly number[];
  /** Of a Conv. */
  readonly groups: number;
  /** Of a matrix: the axis of the outputs. */
  readonly outputAxis: 0 | 1;
}

/** Conv with groups, Gemm, and MatMul with a constant matrix on the right; undefined for all else. */
export function layerShape(graph: Graph, node: NodeProto): LayerShape | undefined {
  const weight = graph.initializer(node.input[1] ?? '');
  if (weight?.dataType !== TensorProto_DataType.FLOAT || isExternal(weight)) return undefined;
  const dims = dimsOf(weight);
  const [first = 0, second = 0] = dims;
  switch (node.opType) {
    case 'Conv': {
      const groups = intAttribute(node, 'group', 1);
      return { outputs: first, inputs: second * groups, dims, groups, outputAxis: 0 };
    }
    case 'MatMul':
      return dims.length === 2 ? { outputs: second, inputs: first, dims, groups: 1, outputAxis: 1 } : undefined;
    case 'Gemm': {
      if (intAttribute(node, 'transA', 0) !== 0) return undefined;
      return intAttribute(node, 'transB', 0) === 1
        ? { outputs: first, inputs: second, dims, groups: 1, outputAxis: 0 }
        : { outputs: second, inputs: first, dims, groups: 1, outputAxis: 1 };
    }
    default:
      return undefined;
  }
}

/** Output and input channel of every element of a layer's weight. */
export interface WeightChannels {
  readonly outputs: number;
  readonly inputs: number;
  readonly outputOf: Uint32Array;
  readonly inputOf: Uint32Array;
}

export function weightChannels(graph: Graph, node: NodeProto): WeightChannels | undefined {
  const shape = layerShape(graph, node);
  if (!shape) return undefined;
  const { outputs, inputs, dims, groups, outputAxis } = shape;
  const [rows = 0, columns = 0] = dims;
  const kernel = elementCount(dims.slice(2));
  const outputOf = new Uint32Array(elementCount(dims));
  const inputOf = new Uint32Array(outputOf.length);
  for (let row = 0, i = 0; row < rows; row++) {
    const firstInput = Math.floor((row * groups) / rows) * columns;
    for (let column = 0; column < columns; column++) {
      const [output, input] = outputAxis === 0 ? [row, column + (groups > 1 ? firstInput : 0)] : [column, row];
      outputOf.fill(output, i, i + kernel);
      inputOf.fill(input, i, (i += kernel));
    }
  }
  return { outputs, inputs, outputOf, inputOf };
}

/** Largest |w| of each channel. */
export function magnitudes(values: Float32Array, channelOf: Uint32Array, channels: number): Float64Array {
  const largest = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] as number);
    const channel = channelOf[i] as number;
    if (magnitude > (largest[channel] as number)) largest[channel] = magnitude;
  }
  return largest;
}

/** Largest |w| over every `spread` neighbouring input channels, which are one channel before a Flatten. */
export function incomingMagnitudes(values: Float32Array, channels: WeightChannels, spread: number): Float64Array {
  const largest = new Float64Array(channels.inputs / spread);
  magnitudes(values, channels.inputOf, channels.inputs).forEach((magnitude, input) => {
    const channel = Math.floor(input / spread);
    largest[channel] = Math.max(largest[channel] as number, magnitude);
  });
  return largest;
}

/** Gives `node` a constant of its own at input `index`: others may read the old one. */
export function replaceConstant(
  graph: Graph,
  node: NodeProto,
  index: number,
  recipe: string,
  dims: readonly number[],
  data: Float32Array,
): void {
  const name = graph.uniqueName(`${node.input[index] || `${node.name}_${index}`}_${recipe}`);
  graph.setInput(node, index, graph.addInitializer(writeTensor(name, { type: 'float32', dims, data })));
}

/** Values of a float32 constant; undefined where `name` is none. */
export function constantValues(graph: Graph, name: string | undefined): Float32Array | undefined {
  const tensor = graph.initializer(name ?? '');
  const data = tensor && readTensor(tensor).data;
  return data instanceof Float32Array ? data : undefined;
}
