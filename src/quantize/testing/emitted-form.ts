import { viewAs, type TensorData, type TensorType } from '../../base/tensor.ts';
import { attribute, intAttribute } from '../../onnx/attributes.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor } from '../../onnx/tensor-proto.ts';

/** A constant behind a DequantizeLinear. */
export interface EmittedConstant {
  readonly type: string;
  /** Channel axis; null per tensor. */
  readonly axis: number | null;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly codes: readonly number[];
}

export interface EmittedForm {
  /** Scale and zero point by the name that the tensor has in the float model. */
  readonly activations: Readonly<Record<string, readonly [scale: number, zeroPoint: number]>>;
  /** By node, then by input. */
  readonly constants: Readonly<Record<string, Readonly<Record<string, EmittedConstant>>>>;
}

/** What a QDQ model says about its tensors, read as onnxruntime_forms.py reads it. */
export function emittedForm(bytes: Uint8Array): EmittedForm {
  const graph = new Graph(decodeModel(bytes));
  const numbers = (name: string | undefined): number[] => {
    const tensor = name ? graph.initializer(name) : undefined;
    return tensor ? Array.from(readTensor(tensor).data as ArrayLike<number>) : [];
  };
  const activations: Record<string, [number, number]> = {};
  const constants: Record<string, Record<string, EmittedConstant>> = {};
  for (const node of graph.nodes) {
    if (node.opType === 'QuantizeLinear') {
      const tensor = node.input[0]!.replace(/_QuantizeLinear_Input$/, '');
      activations[tensor] = [numbers(node.input[1])[0]!, numbers(node.input[2])[0]!];
    } else if (node.opType !== 'DequantizeLinear') {
      node.input.forEach((name, index) => {
        const constant = constantOf(graph.producer(name), graph, numbers);
        if (constant) (constants[node.name] ??= {})[index] = constant;
      });
    }
  }
  return { activations, constants };
}

function constantOf(
  node: NodeProto | undefined,
  graph: Graph,
  numbers: (name: string | undefined) => number[],
): EmittedConstant | undefined {
  const codes = node?.opType === 'DequantizeLinear' ? graph.initializer(node.input[0]!) : undefined;
  if (!node || !codes) return undefined;
  const { type, data } = readTensor(codes);
  const scales = numbers(node.input[1]);
  const zeroPoints = numbers(node.input[2]);
  return {
    type,
    axis: attribute(node, 'axis') ? intAttribute(node, 'axis', 1) : null,
    scales,
    zeroPoints: type === 'int32' ? [] : zeroPoints,
    codes: Array.from(data as ArrayLike<number>),
  };
}

/** Little-endian values out of base64. */
export function decodeValues(type: TensorType, base64: string): TensorData {
  return viewAs(type, Uint8Array.from(Buffer.from(base64, 'base64')));
}
