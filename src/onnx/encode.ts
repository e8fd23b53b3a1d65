import { concatenate, sizeOf } from '../base/bytes.ts';
import { toBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from './proto/onnx_pb.ts';
import { bytesHeader, fields } from '../base/wire.ts';
import { WireWriter } from '../base/wire-writer.ts';
import { writeNode, writeTensor } from './write-message.ts';

const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const MODEL_GRAPH = 7;
const TENSOR_RAW_DATA = 9;
/** Below this a copy is cheaper than another part. */
const VIEW_THRESHOLD_BYTES = 4096;

/**
 * ModelProto → parts whose concatenation is the file, fields in the order of their numbers (as onnx's own writer).
 * Weights of at least 4096 bytes appear as views of the model's own memory: nothing large is copied.
 */
export function encodeParts(model: ModelProto): Uint8Array[] {
  const { graph, ...rest } = model;
  const shell = toBinary(ModelProtoSchema, rest as ModelProto);
  return graph ? splice(shell, MODEL_GRAPH, delimited(MODEL_GRAPH, encodeGraph(graph))) : [shell];
}

/** The file as one array; copies every weight once. */
export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  return concatenate(encodeParts(model));
}

/** Nodes have the lowest number: they stand in front, and the splice need not walk over them. */
function encodeGraph(graph: GraphProto): Uint8Array[] {
  const shell = toBinary(GraphProtoSchema, { ...graph, node: [], initializer: [] });
  const writer = new WireWriter();
  for (const node of graph.node) writeNode(writer, GRAPH_NODE, node);
  const nodes = writer.take();
  return [nodes, ...splice(shell, GRAPH_INITIALIZER, encodeInitializers(graph.initializer, writer))];
}

/** Small tensors that follow each other make one part. */
function encodeInitializers(tensors: readonly TensorProto[], writer: WireWriter): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const tensor of tensors) {
    if (tensor.rawData.length < VIEW_THRESHOLD_BYTES) writeTensor(writer, GRAPH_INITIALIZER, tensor);
    else parts.push(writer.take(), ...delimited(GRAPH_INITIALIZER, encodeLarge(tensor)));
  }
  return [...parts, writer.take()];
}

function encodeLarge(tensor: TensorProto): Uint8Array[] {
  const { rawData, ...rest } = tensor;
  const shell = toBinary(TensorProtoSchema, rest as TensorProto);
  return splice(shell, TENSOR_RAW_DATA, delimited(TENSOR_RAW_DATA, [rawData]));
}

function delimited(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  return [bytesHeader(field, sizeOf(parts)), ...parts];
}

/** Puts `parts` where a field with this number belongs in an encoded message. */
function splice(message: Uint8Array, field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  let at = message.length;
  for (const { number, start } of fields(message)) {
    if (number > field) {
      at = start;
      break;
    }
  }
  return [message.subarray(0, at), ...parts, message.subarray(at)].filter((part) => part.length > 0);
}
