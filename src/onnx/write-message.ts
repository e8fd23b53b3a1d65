import { toBinary } from '@bufbuild/protobuf';
import type { WireWriter } from '../base/wire-writer.ts';
import {
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from './proto/onnx_pb.ts';

/*
 * What a model has most of, written field by field: protobuf-es looks at every field that a message could have, which takes four times
 * as long. It still writes messages with fields that are rare. Names are their numbers in onnx.proto; a field that is set to
 * its default is written, as it is a proto2 message.
 */

export function writeNode(writer: WireWriter, field: number, node: NodeProto): void {
  const start = writer.begin(field);
  if (hasRareFields(node)) writer.raw(toBinary(NodeProtoSchema, node));
  else {
    for (const name of node.input) writer.string(1, name);
    for (const name of node.output) writer.string(2, name);
    if (Object.hasOwn(node, 'name')) writer.string(3, node.name);
    if (Object.hasOwn(node, 'opType')) writer.string(4, node.opType);
    for (const attribute of node.attribute) writeAttribute(writer, 5, attribute);
    if (Object.hasOwn(node, 'domain')) writer.string(7, node.domain);
  }
  writer.end(start);
}

function hasRareFields(node: NodeProto): boolean {
  return (
    node.metadataProps.length > 0 ||
    node.deviceConfigurations.length > 0 ||
    node.$unknown !== undefined ||
    Object.hasOwn(node, 'docString') ||
    Object.hasOwn(node, 'overload')
  );
}

function writeAttribute(writer: WireWriter, field: number, attribute: AttributeProto): void {
  const start = writer.begin(field);
  if (!isNumeric(attribute)) writer.raw(toBinary(AttributeProtoSchema, attribute));
  else {
    if (Object.hasOwn(attribute, 'name')) writer.string(1, attribute.name);
    if (Object.hasOwn(attribute, 'f')) writer.float(2, attribute.f);
    if (Object.hasOwn(attribute, 'i')) writer.integer(3, attribute.i);
    for (const value of attribute.ints) writer.integer(8, value);
    if (Object.hasOwn(attribute, 'type')) writer.integer(20, attribute.type);
  }
  writer.end(start);
}

/** Holds a float, an integer or integers, and nothing else. */
function isNumeric(attribute: AttributeProto): boolean {
  const { t, g, sparseTensor, tp, floats, strings, tensors, graphs, sparseTensors, typeProtos, $unknown } = attribute;
  return (
    (t ?? g ?? sparseTensor ?? tp ?? $unknown) === undefined &&
    floats.length + strings.length + tensors.length + graphs.length === 0 &&
    sparseTensors.length + typeProtos.length === 0 &&
    !Object.hasOwn(attribute, 's') &&
    !Object.hasOwn(attribute, 'docString') &&
    !Object.hasOwn(attribute, 'refAttrName')
  );
}

export function writeTensor(writer: WireWriter, field: number, tensor: TensorProto): void {
  const start = writer.begin(field);
  if (!isRaw(tensor)) writer.raw(toBinary(TensorProtoSchema, tensor));
  else {
    for (const dim of tensor.dims) writer.integer(1, dim);
    if (Object.hasOwn(tensor, 'dataType')) writer.integer(2, tensor.dataType);
    if (Object.hasOwn(tensor, 'name')) writer.string(8, tensor.name);
    if (Object.hasOwn(tensor, 'rawData')) writer.bytes(9, tensor.rawData);
  }
  writer.end(start);
}

/** Holds its values as raw data, and nothing that tells more of it. */
function isRaw(tensor: TensorProto): boolean {
  const { segment, floatData, int32Data, int64Data, uint64Data, doubleData, stringData, $unknown } = tensor;
  return (
    (segment ?? $unknown) === undefined &&
    floatData.length + int32Data.length + int64Data.length + uint64Data.length === 0 &&
    doubleData.length + stringData.length + tensor.externalData.length + tensor.metadataProps.length === 0 &&
    !Object.hasOwn(tensor, 'docString') &&
    !Object.hasOwn(tensor, 'dataLocation')
  );
}
