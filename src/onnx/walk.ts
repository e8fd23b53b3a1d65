import { bodies } from './bodies.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';

/** The main graph and every body within it, outer before inner. */
export function allGraphs(model: ModelProto): GraphProto[] {
  return model.graph ? withBodies(model.graph) : [];
}

/** Every node of the main graph, of its bodies and of the model's local functions. */
export function allNodes(model: ModelProto): NodeProto[] {
  const inFunctions = model.functions.flatMap(({ node }) => node);
  const inBodies = inFunctions.flatMap(bodies).flatMap(withBodies);
  return [...[...allGraphs(model), ...inBodies].flatMap(({ node }) => node), ...inFunctions];
}

/** Every dense tensor stored in the model: initializers and tensor attributes (Constant), bodies and functions included. */
export function allTensors(model: ModelProto): TensorProto[] {
  const initializers = allGraphs(model).flatMap(({ initializer }) => initializer);
  const attributes = allNodes(model).flatMap(({ attribute }) =>
    attribute.flatMap(({ t, tensors }) => (t ? [t, ...tensors] : tensors)),
  );
  return [...initializers, ...attributes];
}

/** A stored tensor under the name by which nodes read it. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: TensorProto;
}

/** Initializers and the values of Constant nodes, bodies and functions included. */
export function namedTensors(model: ModelProto): NamedTensor[] {
  const initializers = allGraphs(model).flatMap(({ initializer }) => initializer);
  const constants = allNodes(model).flatMap(({ opType, output: [name = ''], attribute }) =>
    opType === 'Constant' ? attribute.flatMap(({ t }) => (t ? [{ name, tensor: t }] : [])) : [],
  );
  return [...initializers.map((tensor) => ({ name: tensor.name, tensor })), ...constants];
}

function withBodies(graph: GraphProto): GraphProto[] {
  return [graph, ...graph.node.flatMap(bodies).flatMap(withBodies)];
}
