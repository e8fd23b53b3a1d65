import { toFloat16Bits } from '../../base/float16.ts';
import type { Graph } from '../../onnx/graph.ts';
import { Inference } from '../../onnx/infer.ts';
import { isStandardDomain } from '../../onnx/operator.ts';
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, isExternal, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import type { TensorInfo } from '../prepared-model.ts';

/**
 * Ops that compute in float16: those with a float16 kernel in ONNX Runtime's WebGPU provider whose results stay near the size of
 * their inputs. What exponentiates, sums squares or counts up (Softmax, LayerNormalization, Reduce…, Pow, Exp, CumSum) keeps float32.
 */
const NARROW: ReadonlySet<string> = new Set(
  (
    'Conv ConvTranspose MatMul Gemm Add Sub Mul Div Max Min Neg Abs Relu LeakyRelu PRelu Elu Clip Sigmoid Tanh HardSigmoid ' +
    'HardSwish Erf Gelu MaxPool AveragePool GlobalAveragePool GlobalMaxPool Concat Split Slice Gather Pad Where Expand ' +
    'Reshape Flatten Squeeze Unsqueeze Transpose Identity'
  ).split(' '),
);
/** Ops whose work is worth a Cast on either side. */
const HEAVY: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm']);
const LARGEST_FLOAT16 = 65504;
/** Below, float16 has fewer digits: an epsilon must not become 0. */
const SMALLEST_NORMAL_FLOAT16 = 2 ** -14;

/**
 * Lets float ops compute in float16, inputs and outputs of the model staying float32: Casts stand where the precision changes,
 * each once per tensor. Ops whose constants float16 cannot hold keep float32, and so do light ones among none but such ops.
 * Edits `graph`; `infos` holds the types of the float model's tensors. Returns the nodes that compute in float16.
 */
export function narrowFloat16(graph: Graph, infos: ReadonlyMap<string, TensorInfo>): ReadonlySet<NodeProto> {
  const nodes = graph.sortedNodes();
  const isFloat = floatTensors(graph, nodes, infos);
  const folded = foldedNodes(graph, nodes);
  const narrow = new Set(nodes.filter((node) => !folded.has(node) && canNarrow(graph, node, isFloat)));
  widenIslands(graph, narrow, isFloat);
  const casts = new Casts(graph);
  for (const node of narrow) {
    node.input.forEach((name, i) => name !== '' && isFloat(name) && graph.setInput(node, i, casts.toFloat16(name)));
  }
  // Outputs last: until then every name stands for the float32 tensor.
  for (const node of narrow) node.output.forEach((name, i) => name !== '' && casts.narrowOutput(node, i));
  graph.prune();
  return narrow;
}

function floatTensors(
  graph: Graph,
  nodes: readonly NodeProto[],
  infos: ReadonlyMap<string, TensorInfo>,
): (name: string) => boolean {
  const inference = new Inference(graph);
  for (const node of nodes) inference.visit(node);
  return (name) => (inference.tensor(name).type ?? infos.get(name)?.type) === 'float32';
}

/** Nodes that ONNX Runtime computes when a session is created: scales of stored weights may be too small for float16. */
function foldedNodes(graph: Graph, nodes: readonly NodeProto[]): Set<NodeProto> {
  const folded = new Set<NodeProto>();
  const isConstant = (name: string): boolean => {
    const producer = graph.producer(name);
    return name === '' || graph.initializer(name) !== undefined || (producer !== undefined && folded.has(producer));
  };
  for (const node of nodes) if (node.input.length > 0 && node.input.every(isConstant)) folded.add(node);
  return folded;
}

function canNarrow(graph: Graph, node: NodeProto, isFloat: (name: string) => boolean): boolean {
  if (!NARROW.has(node.opType) || !isStandardDomain(node.domain)) return false;
  if (!node.output.every((name) => name === '' || isFloat(name))) return false;
  return node.input.every((name) => {
    const constant = graph.initializer(name);
    return constant?.dataType !== DataType.FLOAT || (!isExternal(constant) && fits(constant));
  });
}

function fits(constant: TensorProto): boolean {
  const values = readTensor(constant).data as Float32Array;
  const [only = 0] = values;
  if (values.length === 1 && only !== 0 && Math.abs(only) < SMALLEST_NORMAL_FLOAT16) return false;
  return values.every((value) => Math.abs(value) <= LARGEST_FLOAT16 || !Number.isFinite(value));
}

/** Between ops in float32 a light op in float16 would only add Casts. */
function widenIslands(graph: Graph, narrow: Set<NodeProto>, isFloat: (name: string) => boolean): void {
  const isNarrow = (node: NodeProto | undefined): boolean => node !== undefined && narrow.has(node);
  for (let before = Infinity; narrow.size < before;) {
    before = narrow.size;
    for (const node of narrow) {
      const floats = node.input.filter((name) => name !== '' && isFloat(name));
      const neighbours = [
        ...floats.map((name) => graph.producer(name)),
        ...node.output.flatMap((name) => graph.consumers(name)),
      ];
      if (!HEAVY.has(node.opType) && !neighbours.some(isNarrow)) narrow.delete(node);
    }
  }
}

/** The float16 twin of every float32 tensor that needs one. */
class Casts {
  readonly #graph: Graph;
  readonly #twins = new Map<string, string>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  toFloat16(name: string): string {
    const known = this.#twins.get(name);
    if (known !== undefined) return known;
    const twin = this.#stored(name) ?? this.#graph.uniqueName(`${name}_float16`);
    this.#twins.set(name, twin);
    const constant = this.#graph.initializer(name);
    if (constant) {
      const bits = Uint16Array.from(readTensor(constant).data as Float32Array, toFloat16Bits);
      this.#graph.addInitializer(writeTensor(twin, { type: 'float16', dims: dimsOf(constant), data: bits }));
    } else if (!this.#graph.producer(twin) && !this.#graph.initializer(twin)) {
      this.#cast(name, twin, DataType.FLOAT16);
    }
    return twin;
  }

  /** The node writes the twin; whoever wants the float32 tensor gets it by a Cast, which is pruned where nobody does. */
  narrowOutput(node: NodeProto, index: number): void {
    const name = node.output[index] as string;
    const twin = this.#twins.get(name) ?? this.#graph.uniqueName(`${name}_float16`);
    const cast = this.#graph.producer(twin);
    if (cast) this.#graph.removeNode(cast);
    this.#graph.setOutput(node, index, twin);
    this.#cast(twin, name, DataType.FLOAT);
  }

  /** Weights that are stored in float16 need no way round by float32. */
  #stored(name: string): string | undefined {
    const cast = this.#graph.producer(name);
    const [source = ''] = cast?.opType === 'Cast' ? cast.input : [];
    return this.#graph.initializer(source)?.dataType === DataType.FLOAT16 ? source : undefined;
  }

  #cast(from: string, to: string, type: DataType): void {
    this.#graph.addNode({
      opType: 'Cast',
      name: this.#graph.uniqueName(`${to}_Cast`),
      input: [from],
      output: [to],
      attributes: { to: type },
    });
  }
}
