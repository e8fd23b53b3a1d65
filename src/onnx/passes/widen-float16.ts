import { fromFloat16Bits } from '../../base/float16.ts';
import { attribute, setAttribute } from '../attributes.ts';
import type { Graph } from '../graph.ts';
import {
  TensorProto_DataType as DataType,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type TypeProto,
} from '../proto/onnx_pb.ts';
import { readTensor, writeTensor } from '../tensor-proto.ts';
import { allGraphs, allNodes, allTensors } from '../walk.ts';
import type { Pass } from './pass.ts';

/** Attributes that name the element type of an output: Cast, and the operators that make tensors out of nothing. */
const TYPE_ATTRIBUTES = ['to', 'dtype'];

/** Lets a float16 model compute in float32, bodies included: WASM has few float16 kernels, and ranges are wanted in float32. */
export const WIDEN_FLOAT16: Pass = {
  name: 'widen-float16',
  run(graph, warn) {
    const { model } = graph;
    if (!allTensors(model).some(isFloat16)) return;
    const names = widenDeclarations(model);
    widenTensors(graph);
    for (const node of allNodes(model)) widenAttributes(node);
    warn({
      code: 'float16-widened',
      message: `The model is in float16; it is tuned in float32${names.length > 0 ? `, and so are ${names.join(', ')}` : ''}`,
    });
  },
};

function isFloat16(tensor: TensorProto): boolean {
  return tensor.dataType === DataType.FLOAT16;
}

/** Gives the names of the model's inputs and outputs whose type changed. */
function widenDeclarations(model: ModelProto): string[] {
  const widened: string[] = [];
  for (const graph of allGraphs(model)) {
    for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) {
      const isPublic = graph === model.graph && !graph.valueInfo.includes(info);
      if (widenType(info.type) && isPublic) widened.push(info.name);
    }
  }
  return widened;
}

function widenType(type: TypeProto | undefined): boolean {
  const value = type?.value;
  switch (value?.case) {
    case 'tensorType':
      if (value.value.elemType !== DataType.FLOAT16) return false;
      value.value.elemType = DataType.FLOAT;
      return true;
    case 'sequenceType':
    case 'optionalType':
      return widenType(value.value.elemType);
    default:
      return false;
  }
}

function widenTensors(graph: Graph): void {
  for (const tensor of graph.initializers.values()) if (isFloat16(tensor)) graph.addInitializer(widened(tensor));
  for (const body of allGraphs(graph.model).slice(1)) {
    body.initializer = body.initializer.map((tensor) => (isFloat16(tensor) ? widened(tensor) : tensor));
  }
}

function widened(tensor: TensorProto): TensorProto {
  const { dims, data } = readTensor(tensor);
  return writeTensor(tensor.name, {
    type: 'float32',
    dims,
    data: Float32Array.from(data as Uint16Array, fromFloat16Bits),
  });
}

function widenAttributes(node: NodeProto): void {
  for (const item of node.attribute) if (item.t && isFloat16(item.t)) item.t = widened(item.t);
  for (const name of TYPE_ATTRIBUTES) {
    if (attribute(node, name)?.i === BigInt(DataType.FLOAT16)) setAttribute(node, name, DataType.FLOAT);
  }
}
