import { makeNode } from '../../onnx/attributes.ts';
import { bodies, replaceBodies } from '../../onnx/bodies.ts';
import { copyMessage } from '../../onnx/copy-message.ts';
import type { Graph } from '../../onnx/graph.ts';
import { constantValue } from '../../onnx/inference/constant.ts';
import { isOperator } from '../../onnx/operator.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import type { StoredWeight } from '../weight-storage.ts';
import { storagePrecision, type OpReport } from './report.ts';
import { isStorable } from './storage-axes.ts';
import { storedNodes } from './stored-nodes.ts';

/** Decides the form of a weight, null: as it is. `key` is unique in the model; `reader` the op that multiplies by it. */
type Store = (key: string, proto: TensorProto, reader: NodeProto | undefined) => StoredWeight | null;

/** Weights that a body may read by name: those stored in fewer bits by their form, others `float32`. */
type Weights = ReadonlyMap<string, StoredWeight['form'] | 'float32'>;

/** The op that reads `tensor`: `node` itself, or the first one inside its bodies where they capture it. */
export function bodyReader(node: NodeProto, tensor: string): NodeProto | undefined {
  if (node.input.includes(tensor)) return node;
  for (const body of bodies(node)) {
    for (const inner of body.node) {
      const reader = bodyReader(inner, tensor);
      if (reader) return reader;
    }
  }
  return undefined;
}

/**
 * Stores the weights inside the bodies of `node` (initializers and Constants) where they are: ONNX Runtime folds bodies as it
 * folds the main graph. Returns the ops inside that read weights, those of the main graph included.
 */
export function emitBodyStorage(graph: Graph, node: NodeProto, outer: Weights, store: Store): OpReport[] {
  const known = new Map(outer);
  for (const [name, proto] of graph.initializers) if (isStorable(proto)) known.set(name, 'float32');
  const reports: OpReport[] = [];
  const scope: Scope = { graph, store, reports, outermost: node };
  replaceBodies(node, (body, attribute) => storeIn(body, known, `${node.name}/${attribute}`, scope));
  return reports;
}

interface Scope {
  readonly graph: Graph;
  readonly store: Store;
  readonly reports: OpReport[];
  readonly outermost: NodeProto;
}

function storeIn(body: GraphProto, outer: Weights, path: string, scope: Scope): GraphProto {
  const known = new Map(outer);
  const made: NodeProto[] = [];
  const copy = copyMessage(body);
  copy.initializer = [];
  /** True where the weight was replaced. */
  const replace = (name: string, proto: TensorProto): boolean => {
    if (!isStorable(proto)) return false;
    known.set(name, 'float32');
    const reader = body.node.map((inner) => bodyReader(inner, name)).find((found) => found !== undefined);
    if (!reader || body.output.some((output) => output.name === name)) return false;
    const stored = scope.store(`${path}/${name}`, proto, reader);
    if (!stored) return false;
    const { initializers, nodes } = storedNodes(name, stored, (base) => scope.graph.uniqueName(base));
    copy.initializer.push(...initializers);
    made.push(...nodes.map(makeNode));
    known.set(name, stored.form);
    return true;
  };
  for (const tensor of body.initializer) if (!replace(tensor.name, tensor)) copy.initializer.push(tensor);
  const rest = body.node.filter((inner) => {
    const value = isOperator(inner, 'Constant') ? constantValue(inner) : undefined;
    return !value || !replace(inner.output[0] ?? '', value);
  });
  copy.node = [...made, ...rest.map((inner, index) => report(inner, index, known, path, scope))];
  return copy;
}

/** Notes an op that reads weights; one with bodies of its own is entered. */
function report(inner: NodeProto, index: number, known: Weights, path: string, scope: Scope): NodeProto {
  const name = `${path}/${inner.name || `${inner.opType}_${index}`}`;
  const forms = inner.input.flatMap((input) => known.get(input) ?? []);
  if (forms.length > 0) {
    const { name: outerName, opType } = scope.outermost;
    const reason = `it runs inside ${opType} ${outerName}: sub-graphs compute in float`;
    scope.reports.push({ name, opType: inner.opType, precision: storagePrecision(forms), reason });
  }
  if (bodies(inner).length === 0) return inner;
  const copy = copyMessage(inner);
  replaceBodies(copy, (body, attribute) => storeIn(body, known, `${name}/${attribute}`, scope));
  return copy;
}
