import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as Type,
  NodeProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from './proto/onnx_pb.ts';

export type AttributeValue =
  | number
  | readonly number[]
  | string
  | TensorProto
  | GraphProto
  | { readonly float: number }
  | { readonly floats: readonly number[] };

export function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((candidate) => candidate.name === name);
}

export function intAttribute(node: NodeProto, name: string, otherwise: number): number {
  const value = attribute(node, name)?.i;
  return value === undefined ? otherwise : Number(value);
}

export function floatAttribute(node: NodeProto, name: string, otherwise: number): number {
  return attribute(node, name)?.f ?? otherwise;
}

export function intsAttribute(node: NodeProto, name: string): number[] | undefined {
  return attribute(node, name)?.ints.map(Number);
}

export function stringAttribute(node: NodeProto, name: string, otherwise: string): string {
  const value = attribute(node, name)?.s;
  return value === undefined ? otherwise : new TextDecoder().decode(value);
}

export function removeAttribute(node: NodeProto, name: string): void {
  node.attribute = node.attribute.filter((candidate) => candidate.name !== name);
}

export function setAttribute(node: NodeProto, name: string, value: AttributeValue): void {
  removeAttribute(node, name);
  node.attribute.push(makeAttribute(name, value));
}

/** Integers become INT or INTS, `{ float }` FLOAT, `{ floats }` FLOATS, strings STRING, tensors TENSOR, graphs GRAPH. */
export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Type.INT, i: BigInt(value) });
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: Type.STRING, s: new TextEncoder().encode(value) });
  }
  if (isInts(value)) {
    return create(AttributeProtoSchema, { name, type: Type.INTS, ints: value.map(BigInt) });
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: value.float });
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: Type.FLOATS, floats: [...value.floats] });
  return value.$typeName === 'onnx.GraphProto'
    ? create(AttributeProtoSchema, { name, type: Type.GRAPH, g: value })
    : create(AttributeProtoSchema, { name, type: Type.TENSOR, t: value });
}

function isInts(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value);
}

export interface NodeSpec {
  readonly opType: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Holds the defaults of fields that are not set. */
const PROTOTYPE = Object.getPrototypeOf(create(NodeProtoSchema)) as object;

/** What `create` makes, which takes several times as long to look at each field. */
export function makeNode({ opType, name, input, output, domain, attributes = {} }: NodeSpec): NodeProto {
  return Object.assign(Object.create(PROTOTYPE) as NodeProto, {
    $typeName: 'onnx.NodeProto',
    input: [...input],
    output: [...output],
    name,
    opType,
    ...(domain !== undefined && { domain }),
    attribute: Object.entries(attributes).map(([key, value]) => makeAttribute(key, value)),
    metadataProps: [],
    deviceConfigurations: [],
  } satisfies Partial<NodeProto>);
}
