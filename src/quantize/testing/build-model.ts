import { create } from '@bufbuild/protobuf';
import { createRng } from '../../base/rng.ts';
import type { Tensor } from '../../base/tensor.ts';
import type { NodeSpec } from '../../onnx/attributes.ts';
import { Graph } from '../../onnx/graph.ts';
import { ModelProtoSchema, ValueInfoProtoSchema } from '../../onnx/proto/onnx_pb.ts';
import { floats } from '../../onnx/tensor-proto.ts';
import type { PreparedModel, TensorInfo } from '../prepared-model.ts';

export interface ModelSpec {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: readonly string[];
  /** Dims of random weights in [-1, 1], or the values themselves. */
  readonly weights: Readonly<
    Record<string, readonly number[] | { dims: readonly number[]; values: ArrayLike<number> }>
  >;
  readonly nodes: readonly Omit<NodeSpec, 'name'>[];
  /** Dims of inner tensors, as inference would find them. */
  readonly dims?: Readonly<Record<string, readonly number[]>>;
}

const FLOAT = 1;

/** A prepared model of opset 17 whose nodes are called `<OpType>_<index>`; every tensor is float32. */
export function buildModel({ inputs, outputs, weights, nodes, dims = {} }: ModelSpec): PreparedModel {
  const rng = createRng(7);
  const value = (name: string, shape?: readonly number[]) =>
    create(ValueInfoProtoSchema, {
      name,
      type: {
        value: {
          case: 'tensorType',
          value: {
            elemType: FLOAT,
            ...(shape
              ? { shape: { dim: shape.map((d) => ({ value: { case: 'dimValue' as const, value: BigInt(d) } })) } }
              : {}),
          },
        },
      },
    });
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'test',
      input: Object.entries(inputs).map(([name, shape]) => value(name, shape)),
      output: outputs.map((name) => value(name)),
      initializer: Object.entries(weights).map(([name, given]) =>
        isDims(given)
          ? floats(
              name,
              Array.from({ length: given.reduce((a, b) => a * b, 1) }, () => rng.uniform() * 2 - 1),
              given,
            )
          : floats(name, given.values, given.dims),
      ),
    },
  });
  const graph = new Graph(model);
  nodes.forEach((node, i) => graph.addNode({ ...node, name: `${node.opType}_${i}` }));
  const names = new Set([...Object.keys(inputs), ...nodes.flatMap(({ output }) => output)]);
  const infos = new Map<string, TensorInfo>(
    [...names].map((name) => [name, { type: 'float32', dims: dims[name] ?? inputs[name] }]),
  );
  graph.commit();
  return { graph, infos };
}

/** Random values in [-1, 1]. */
export function randomTensor(dims: readonly number[], seed = 3): Tensor {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => rng.uniform() * 2 - 1);
  return { type: 'float32', dims, data };
}

function isDims(given: ModelSpec['weights'][string]): given is readonly number[] {
  return Array.isArray(given);
}
