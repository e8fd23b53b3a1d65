import { create } from '@bufbuild/protobuf';
import type { TensorType } from '../../base/tensor.ts';
import { makeNode, type NodeSpec } from '../attributes.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  type ValueInfoProto,
} from '../proto/onnx_pb.ts';
import { valueInfo } from '../value-info.ts';

/** A node of a test model; the name may be left out. */
export type TestNode = Omit<NodeSpec, 'name'> & { readonly name?: string };

export interface TestValue {
  readonly type?: TensorType;
  /** A string is a symbolic size. */
  readonly dims?: readonly (number | string)[];
}

export interface TestGraph {
  readonly nodes: readonly TestNode[];
  /** Name → type (float32 unless said) and dims. */
  readonly inputs?: Readonly<Record<string, TestValue>>;
  readonly outputs: Readonly<Record<string, TestValue>>;
  readonly initializers?: readonly TensorProto[];
}

export function buildGraph({ nodes, inputs = {}, outputs, initializers = [] }: TestGraph): GraphProto {
  return create(GraphProtoSchema, {
    name: 'test',
    node: nodes.map((node) => makeNode({ name: '', ...node })),
    input: values(inputs),
    output: values(outputs),
    initializer: [...initializers],
  });
}

export function buildModel({ opset = 13, ...graph }: TestGraph & { readonly opset?: number }): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 7n,
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: buildGraph(graph),
  });
}

function values(specs: Readonly<Record<string, TestValue>>): ValueInfoProto[] {
  return Object.entries(specs).map(([name, { type = 'float32', dims }]) => valueInfo(name, type, dims));
}
