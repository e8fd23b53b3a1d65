import { concatenate, sizeOf } from '../base/bytes.ts';
import { toBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
  type ModelProto,
  type TensorProto,
} from './proto/onnx_pb.ts';
import { bytesHeader, fields } from '../base/wire.ts';

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
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
  if (!graph) return [shell];
  const { initializer, ...body } = graph;
  const tensors = initializer.flatMap((tensor) => delimited(GRAPH_INITIALIZER, encodeTensor(tensor)));
  const graphShell = toBinary(GraphProtoSchema, { ...body, initializer: [] } as typeof graph);
  return splice(shell, MODEL_GRAPH, delimited(MODEL_GRAPH, splice(graphShell, GRAPH_INITIALIZER, tensors)));
}

/** The file as one array; copies every weight once. */
export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  return concatenate(encodeParts(model));
}

function encodeTensor(tensor: TensorProto): Uint8Array[] {
  const { rawData, ...rest } = tensor;
  if (rawData === undefined || rawData.length < VIEW_THRESHOLD_BYTES) return [toBinary(TensorProtoSchema, tensor)];
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
