import { bytesPerElement, elementCount } from '../base/tensor.ts';
import type { Graph } from '../onnx/graph.ts';
import { Inference } from '../onnx/infer.ts';
import type { NodeProto } from '../onnx/proto/onnx_pb.ts';
import { SharedBuffers } from './shared-buffers.ts';
import type { TensorInfo } from './prepared-model.ts';

/** Ops whose output ONNX Runtime lets share the input's memory. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);
/** Ops that no runtime computes ahead, constant as their inputs may be. */
const NEVER_FOLDED = /^(Random|Multinomial|Bernoulli|If$|Loop$|Scan$|QuantizeLinear$|DynamicQuantizeLinear$)/;

/**
 * Peak memory of one inference at batch 1, bytes: weights as they lie in memory once a session is created, and the largest sum of
 * tensors that are live at one node, in topological order. An estimate from the graph that is the same everywhere: weights stored
 * compactly fold to float; an op of `int8` (static ops) reads and writes codes where DequantizeLinear and QuantizeLinear stand
 * beside it, and MatMulInteger writes what comes out of the Cast, Mul and Add behind it. Inputs are held by the caller until the end, outputs too.
 * Sizes that are not known count as 1; what ONNX Runtime packs or pads beyond the tensors is not counted.
 *
 * @param infos Types and dims at batch 1, of the inputs at least; others serve where inference does not know.
 */
export function footprintBytes(
  graph: Graph,
  infos: ReadonlyMap<string, TensorInfo>,
  int8: ReadonlySet<NodeProto> = new Set(),
): number {
  const nodes = graph.sortedNodes();
  const tensors = inferred(graph, nodes, infos);
  const constants = foldedConstants(graph, nodes, int8);
  const running = nodes.filter((node) => !node.output.every((name) => name === '' || constants.has(name)));
  const buffers = new SharedBuffers();
  for (const node of running) joinBuffers(graph, node, int8, buffers);
  return (
    sum([...held(graph, running, constants)].map((name) => sizeOf(tensors(name)))) +
    peakBytes(graph, running, constants, int8, buffers, tensors)
  );
}

type TensorOf = (name: string) => TensorInfo;

function inferred(graph: Graph, nodes: readonly NodeProto[], infos: ReadonlyMap<string, TensorInfo>): TensorOf {
  const inference = new Inference(graph);
  for (const name of graph.inputs) {
    const info = infos.get(name);
    if (info) inference.tensors.set(name, info);
  }
  for (const node of nodes) inference.visit(node);
  return (name) => {
    const { type, dims } = inference.tensor(name);
    const known = infos.get(name);
    return { type: type ?? known?.type, dims: isKnown(dims) ? dims : (known?.dims ?? dims) };
  };
}

function isKnown(dims: TensorInfo['dims']): boolean {
  return dims?.every((dim) => dim !== null) ?? false;
}

/** Names of initializers and of what follows from them alone. A DequantizeLinear whose readers are int8 ops stays. */
function foldedConstants(graph: Graph, nodes: readonly NodeProto[], int8: ReadonlySet<NodeProto>): Set<string> {
  const constants = new Set(graph.initializers.keys());
  for (const node of nodes) {
    const isConstant = node.input.every((name) => name === '' || constants.has(name));
    const isKept = node.opType === 'DequantizeLinear' && readByInt8(graph, node.output[0] ?? '', int8);
    if (isConstant && !isKept && !NEVER_FOLDED.test(node.opType)) node.output.forEach((name) => constants.add(name));
  }
  return constants;
}

function readByInt8(graph: Graph, tensor: string, int8: ReadonlySet<NodeProto>): boolean {
  const readers = graph.consumers(tensor);
  return readers.length > 0 && !graph.isOutput(tensor) && readers.every((reader) => int8.has(reader));
}

/** Tensors that stand for one memory: codes and the float values that an integer kernel never writes. */
function joinBuffers(graph: Graph, node: NodeProto, int8: ReadonlySet<NodeProto>, buffers: SharedBuffers): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const producer = graph.producer(input);
  const isOnlyReader = graph.consumers(input).length === 1 && !graph.isOutput(input);
  if (VIEWS.has(node.opType)) buffers.join(input, output);
  else if (node.opType === 'DequantizeLinear' && readByInt8(graph, output, int8)) buffers.join(input, output);
  else if (node.opType === 'QuantizeLinear' && producer && int8.has(producer) && isOnlyReader)
    buffers.join(input, output);
  else if (isOnlyReader && endsProduct(graph, node)) buffers.join(input, output);
  // The kernel of a dynamic product multiplies both scales itself.
  else if (
    node.opType === 'Mul' &&
    producer?.opType === 'DynamicQuantizeLinear' &&
    graph.initializer(node.input[1] ?? '')
  )
    buffers.join(node.input[1] as string, output);
}

/** What stands behind MatMulInteger in the order in which ONNX Runtime makes one kernel of it. */
const BEHIND_PRODUCT: Readonly<Record<string, string>> = { Cast: 'MatMulInteger', Mul: 'Cast', Add: 'Mul' };

function endsProduct(graph: Graph, node: NodeProto): boolean {
  const before = BEHIND_PRODUCT[node.opType];
  const producer = graph.producer(node.input[0] ?? '');
  if (before === undefined || producer?.opType !== before) return false;
  if (node.opType === 'Add' && !graph.initializer(node.input[1] ?? '')) return false;
  return before === 'MatMulInteger' || endsProduct(graph, producer);
}

/** Constants that a node reads at run time, or that are outputs. */
function held(graph: Graph, running: readonly NodeProto[], constants: ReadonlySet<string>): Set<string> {
  const isRun = new Set(running);
  return new Set(
    [...constants].filter((name) => graph.isOutput(name) || graph.consumers(name).some((reader) => isRun.has(reader))),
  );
}

function peakBytes(
  graph: Graph,
  running: readonly NodeProto[],
  constants: ReadonlySet<string>,
  int8: ReadonlySet<NodeProto>,
  buffers: SharedBuffers,
  tensors: TensorOf,
): number {
  const place = new Map(running.map((node, i) => [node, i]));
  const inputs = new Set(graph.inputs);
  const groups = new Map<string, string[]>();
  for (const name of [...inputs, ...running.flatMap(({ output }) => output)]) {
    if (name !== '') groups.set(buffers.of(name), [...(groups.get(buffers.of(name)) ?? []), name]);
  }
  const weights = new Set([...constants].map((name) => buffers.of(name)));
  // What begins to live at a node, less what ended at the one before.
  const changes = new Float64Array(running.length + 2);
  for (const [buffer, names] of groups) {
    if (weights.has(buffer)) continue;
    const bytes = bufferBytes(names.map(tensors));
    const isInput = names.some((name) => inputs.has(name));
    const isHeld = isInput || names.some((name) => graph.isOutput(name));
    const writers = names.map((name) => place.get(graph.producer(name) as NodeProto) ?? 0);
    const readers = names.flatMap((name) => readersOf(graph, name, int8).map((reader) => place.get(reader) ?? 0));
    const first = isInput ? 0 : Math.min(...writers);
    const last = isHeld ? running.length : Math.max(...writers, ...readers);
    changes[first] = (changes[first] as number) + bytes;
    changes[last + 1] = (changes[last + 1] as number) - bytes;
  }
  let [live, peak] = [0, 0];
  for (const change of changes) peak = Math.max(peak, (live += change));
  return peak;
}

/** Nodes that read a tensor at run time: int8 ops read codes, not what DequantizeLinear makes of them. */
function readersOf(graph: Graph, name: string, int8: ReadonlySet<NodeProto>): NodeProto[] {
  const isFloat = graph.producer(name)?.opType === 'DequantizeLinear';
  return graph.consumers(name).flatMap((reader) => {
    if (isFloat && int8.has(reader)) return [];
    if (reader.opType !== 'DequantizeLinear') return [reader];
    return [reader, ...graph.consumers(reader.output[0] ?? '').filter((behind) => int8.has(behind))];
  });
}

/** Of tensors that share memory, in the smallest type among them: that is the one which is written. */
function bufferBytes(members: readonly TensorInfo[]): number {
  return Math.max(...members.map(elementsOf)) * Math.min(...members.map(widthOf));
}

function sizeOf(tensor: TensorInfo): number {
  return elementsOf(tensor) * widthOf(tensor);
}

function elementsOf({ dims }: TensorInfo): number {
  return elementCount((dims ?? []).map((dim) => dim ?? 1));
}

function widthOf({ type }: TensorInfo): number {
  return bytesPerElement(type ?? 'float32');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
