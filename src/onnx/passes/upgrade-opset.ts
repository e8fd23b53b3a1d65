import { Fault } from '../../base/fault.ts';
import type { Tensor } from '../../base/tensor.ts';
import type { AdapterScope } from '../adapters/adapter.ts';
import { OPSET_ADAPTERS, UNADAPTED } from '../adapters/registry.ts';
import { makeNode } from '../attributes.ts';
import { bodies } from '../bodies.ts';
import type { Graph } from '../graph.ts';
import { Inference } from '../infer.ts';
import { constantTensor, constantValue } from '../inference/constant.ts';
import type { InferredTensor } from '../inference/rule.ts';
import { isOperator, isStandardDomain } from '../operator.ts';
import type { GraphProto, NodeProto } from '../proto/onnx_pb.ts';
import { writeTensor } from '../tensor-proto.ts';
import type { Pass, Warn } from './pass.ts';

/** The first operator set with per-channel QuantizeLinear. */
const TARGET = 13;
/** The format version that came with it. */
const IR_VERSION = 7n;

/** Raises models of operator sets 7 to 12 to 13, bodies included. Throws `model-opset-unsupported` naming what cannot be raised. */
export const UPGRADE_OPSET: Pass = {
  name: 'upgrade-opset',
  run(graph, warn) {
    const from = graph.opset();
    if (from === 0 || from >= TARGET) return;
    if (graph.model.functions.length > 0) {
      const message = `Local functions keep the model at opset ${from}; weights can be stored in int8, int8 compute needs ${TARGET}`;
      warn({ code: 'opset-kept', message });
      return;
    }
    upgradeMain(graph, from, warn);
    graph.setOpset(TARGET);
    if (graph.model.irVersion < IR_VERSION) graph.model.irVersion = IR_VERSION;
  },
};

function upgradeMain(graph: Graph, from: number, warn: Warn): void {
  const inference = new Inference(graph);
  const scope: AdapterScope = {
    from,
    tensor: (name) => inference.tensor(name),
    addConstant(base, tensor) {
      const proto = writeTensor(graph.uniqueName(base), tensor);
      inference.tensors.set(proto.name, constantTensor(proto));
      return graph.addInitializer(proto);
    },
    uniqueName: (base) => graph.uniqueName(base),
    warn: (code, message, place) => warn({ code, message, place: `node ${place}` }),
  };
  for (const node of graph.sortedNodes()) {
    for (const body of bodies(node)) upgradeBody(body, graph, scope);
    const replacement = adapted(node, scope);
    if (replacement) {
      graph.removeNode(node);
      for (const part of replacement) graph.addNode(part);
    }
    for (const part of replacement ?? [node]) inference.visit(part);
  }
}

/** Bodies have no index and no inference of their own: constants are looked up, ranks stay open. */
function upgradeBody(body: GraphProto, graph: Graph, outer: AdapterScope): void {
  const local = new Map<string, InferredTensor>();
  for (const tensor of body.initializer) local.set(tensor.name, constantTensor(tensor));
  for (const node of body.node) {
    const value = isOperator(node, 'Constant') ? constantValue(node) : undefined;
    if (value) local.set(node.output[0] ?? '', constantTensor(value));
  }
  const scope: AdapterScope = {
    ...outer,
    tensor: (name) => local.get(name) ?? outer.tensor(name),
    addConstant(base: string, tensor: Tensor) {
      const proto = writeTensor(graph.uniqueName(base), tensor);
      body.initializer.push(proto);
      return proto.name;
    },
  };
  body.node = body.node.flatMap((node) => {
    for (const inner of bodies(node)) upgradeBody(inner, graph, scope);
    return adapted(node, scope) ?? [node];
  });
}

function adapted(node: NodeProto, scope: AdapterScope): NodeProto[] | undefined {
  if (!isStandardDomain(node.domain)) return undefined;
  const changed = UNADAPTED.get(node.opType);
  if (changed !== undefined && scope.from < changed) {
    throw new Fault('model-opset-unsupported', {
      message: `${node.opType} has changed since opset ${scope.from} and cannot be raised`,
      place: `node ${node.name} (${node.opType})`,
      found: `opset ${scope.from}`,
      accepted: `${node.opType} as of opset ${changed} or later`,
      next: 'Export the model again with opset 13 or later.',
    });
  }
  const adapter = OPSET_ADAPTERS.get(node.opType);
  if (!adapter || scope.from >= adapter.version) return undefined;
  return adapter.adapt(node, scope)?.map((part) => ('$typeName' in part ? part : makeNode(part)));
}
