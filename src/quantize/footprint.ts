import { bytesPerElement } from '../base/tensor.ts';
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
 * @param graph Committed: its nodes are in topological order.
 * @param infos Types and dims at batch 1, of the inputs at least. What is in here whole is not inferred again.
 */
export function footprintBytes(
  graph: Graph,
  infos: ReadonlyMap<string, TensorInfo>,
  int8: ReadonlySet<NodeProto> = new Set(),
): number {
  const { nodes } = graph;
  const tensors = inferred(graph, nodes, infos);
  const constants = foldedConstants(graph, nodes, int8);
  const running = nodes.filter((node) => !node.output.every((name) => name === '' || constants.has(name)));
  const buffers = new SharedBuffers();
  for (const node of running) joinBuffers(graph, node, int8, buffers);
  return heldBytes(graph, running, constants, tensors) + peakBytes(graph, running, constants, int8, buffers, tensors);
}

type TensorOf = (name: string) => TensorInfo;

function inferred(graph: Graph, nodes: readonly NodeProto[], infos: ReadonlyMap<string, TensorInfo>): TensorOf {
  const inference = new Inference(graph);
  for (const name of graph.inputs) {
    const info = infos.get(name);
    if (info) inference.tensors.set(name, info);
  }
  for (const node of nodes) {
    const known = node.output.map((name) => infos.get(name));
    if (known.every(isWhole)) known.forEach((info, i) => inference.tensors.set(node.output[i] as string, info));
    else inference.visit(node);
  }
  return (name) => {
    const { type, dims } = inference.tensor(name);
    const known = infos.get(name);
    return { type: type ?? known?.type, dims: isKnown(dims) ? dims : (known?.dims ?? dims) };
  };
}

function isWhole(info: TensorInfo | undefined): info is TensorInfo {
  return info?.type !== undefined && isKnown(info.dims);
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
  const [input = '', second = ''] = node.input;
  const [output = ''] = node.output;
  // The kernel of a dynamic product multiplies both scales itself.
  if (isScaleProduct(graph, node)) buffers.join(second, output);
  else if (sharesInput(graph, node, int8)) buffers.join(input, output);
}

function sharesInput(graph: Graph, node: NodeProto, int8: ReadonlySet<NodeProto>): boolean {
  const [input = ''] = node.input;
  const isOnlyReader = (): boolean => graph.consumers(input).length === 1 && !graph.isOutput(input);
  if (VIEWS.has(node.opType)) return true;
  if (node.opType === 'DequantizeLinear') return readByInt8(graph, node.output[0] ?? '', int8);
  if (node.opType === 'QuantizeLinear') return int8.has(graph.producer(input) as NodeProto) && isOnlyReader();
  return endsProduct(graph, node) && isOnlyReader();
}

function isScaleProduct(graph: Graph, { opType, input: [scale = '', constant = ''] }: NodeProto): boolean {
  if (opType !== 'Mul' || graph.initializer(constant) === undefined) return false;
  return graph.producer(scale)?.opType === 'DynamicQuantizeLinear';
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
function heldBytes(
  graph: Graph,
  running: readonly NodeProto[],
  constants: ReadonlySet<string>,
  tensors: TensorOf,
): number {
  const held = new Set<string>();
  const hold = (name: string): void => {
    if (constants.has(name)) held.add(name);
  };
  for (const node of running) graph.reads(node).forEach(hold);
  graph.outputs.forEach(hold);
  let bytes = 0;
  for (const name of held) bytes += sizeOf(tensors(name));
  return bytes;
}

/** A memory that tensors share, in the smallest type among them: that is the one which is written. Lives from node to node. */
interface Buffer {
  elements: number;
  width: number;
  first: number;
  last: number;
}

function peakBytes(
  graph: Graph,
  running: readonly NodeProto[],
  constants: ReadonlySet<string>,
  int8: ReadonlySet<NodeProto>,
  shared: SharedBuffers,
  tensors: TensorOf,
): number {
  const weights = new Set<string>();
  for (const name of constants) weights.add(shared.of(name));
  const buffers = new Map<string, Buffer>();
  const write = (name: string, first: number, last: number): void => {
    const root = shared.of(name);
    if (name === '' || weights.has(root)) return;
    const tensor = tensors(name);
    const [elements, width] = [elementsOf(tensor), widthOf(tensor)];
    const buffer = buffers.get(root);
    if (!buffer) {
      buffers.set(root, { elements, width, first, last });
      return;
    }
    buffer.elements = Math.max(buffer.elements, elements);
    buffer.width = Math.min(buffer.width, width);
    buffer.first = Math.min(buffer.first, first);
    buffer.last = Math.max(buffer.last, last);
  };
  const end = running.length;
  const outputs = new Set(graph.outputs);
  for (const name of graph.inputs) write(name, 0, end);
  running.forEach((node, i) => node.output.forEach((name) => write(name, i, outputs.has(name) ? end : i)));
  running.forEach((node, i) => {
    for (const name of readAtRun(graph, node, int8)) {
      const buffer = buffers.get(shared.of(name));
      if (buffer) buffer.last = Math.max(buffer.last, i);
    }
  });
  return largestSum(buffers.values(), end);
}

/** What a node reads at run time: int8 ops read codes, not what DequantizeLinear makes of them. */
function readAtRun(graph: Graph, node: NodeProto, int8: ReadonlySet<NodeProto>): readonly string[] {
  const names = graph.reads(node);
  if (!int8.has(node)) return names;
  return names.flatMap((name) => {
    const producer = graph.producer(name);
    return producer?.opType === 'DequantizeLinear' ? producer.input : name;
  });
}

/** Of the buffers that are live at one of `count` nodes. */
function largestSum(buffers: Iterable<Buffer>, count: number): number {
  // What begins to live at a node, less what ended at the one before.
  const changes = new Float64Array(count + 2);
  for (const { elements, width, first, last } of buffers) {
    changes[first] = (changes[first] as number) + elements * width;
    changes[last + 1] = (changes[last + 1] as number) - elements * width;
  }
  let [live, peak] = [0, 0];
  for (const change of changes) peak = Math.max(peak, (live += change));
  return peak;
}

function sizeOf(tensor: TensorInfo): number {
  return elementsOf(tensor) * widthOf(tensor);
}

function elementsOf({ dims = [] }: TensorInfo): number {
  return dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);
}

function widthOf({ type }: TensorInfo): number {
  return bytesPerElement(type ?? 'float32');
}
