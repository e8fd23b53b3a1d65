import { intsAttribute, stringAttribute } from '../attributes.ts';
import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { floats } from '../tensor-proto.ts';
import { affineOf, compose, floatConstant, type Affine, type FloatConstant } from './affine.ts';
import { linearOf, replaceConstant } from './linear.ts';
import { onlyReader } from './only-reader.ts';
import type { Pass } from './pass.ts';

/** Beyond 2^±32 a scale might leave weights without digits. */
const LARGEST_SCALE = 2 ** 32;

/**
 * Takes arithmetic with single constants into the weights of what alone reads it: w ∗ (s · x + t) = (s · w) ∗ x + t · Σw.
 * Where zeros are padded, or no bias is to be had, t stays: s · x + t becomes x + t/s. Between int8 ops either would compute
 * in float, and the weights round alike whatever their scale.
 */
export const FOLD_INPUT_AFFINE: Pass = {
  name: 'fold-input-affine',
  run(graph) {
    for (const node of graph.nodes) {
      if (isOperator(node, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul')) foldChain(graph, node);
    }
  },
};

interface Chain {
  /** What the arithmetic begins with. */
  readonly source: string;
  /** From the source on. */
  readonly nodes: readonly NodeProto[];
  readonly scale: number;
  readonly shift: number;
}

function foldChain(graph: Graph, node: NodeProto): void {
  const weight = ownWeight(graph, node);
  const chain = weight && chainBefore(graph, node, isOperator(node, 'MatMul') ? 1 : weight.dims.length);
  if (!chain || !isScale(chain.scale)) return;
  const { source, nodes, scale, shift } = chain;
  const bias = shift === 0 ? undefined : shiftedBias(graph, node, shift);
  const rest = bias ? 0 : shift / scale;
  if ((rest !== 0 && nodes.length === 1) || !Number.isFinite(Math.fround(rest))) return;
  const scaled = weight.values.map((value) => value * scale);
  if (!scaled.every(Number.isFinite)) return;
  replaceConstant(graph, node, 1, { dims: weight.dims, values: scaled });
  if (bias) replaceConstant(graph, node, 2, { dims: [bias.length], values: bias });
  for (const taken of nodes) graph.removeNode(taken);
  graph.setInput(node, 0, rest === 0 ? source : addShift(graph, source, rest));
}

/** A weight that others read too, like an embedding that is the last layer as well, would be stored twice. */
function ownWeight(graph: Graph, node: NodeProto): FloatConstant | undefined {
  const [, name = ''] = node.input;
  return graph.consumers(name).length === 1 ? floatConstant(graph, name) : undefined;
}

/** The longest chain that ends in the first input of `node` and that nothing else reads. */
function chainBefore(graph: Graph, node: NodeProto, rank: number): Chain | undefined {
  const nodes: NodeProto[] = [];
  let source = node.input[0] ?? '';
  let total: Affine | undefined;
  for (let reader = node; isReadOnceBy(graph, source, reader); reader = nodes[0] as NodeProto) {
    const producer = graph.producer(source);
    const step = producer && singleAffine(graph, producer, rank);
    if (!step) break;
    total = total ? compose(step.affine, total) : step.affine;
    nodes.unshift(producer);
    source = step.input;
  }
  if (!total || isErfOrTanhProduct(graph, source)) return undefined;
  return { source, nodes, scale: total.scale[0] as number, shift: total.shift[0] as number };
}

function isReadOnceBy(graph: Graph, tensor: string, reader: NodeProto): boolean {
  return onlyReader(graph, tensor) === reader && reader.input.filter((name) => name === tensor).length === 1;
}

/** What `node` does to its one input that is no constant, if it is the same for all elements of a tensor of this rank. */
function singleAffine(
  graph: Graph,
  node: NodeProto,
  rank: number,
): { readonly input: string; readonly affine: Affine } | undefined {
  const input = node.input.find((name) => name && !graph.initializer(name));
  const affine = input ? affineOf(graph, node, { name: input, rank, channels: 1 }) : undefined;
  return input && affine ? { input, affine } : undefined;
}

/** Gelu written out, x · (1 + erf(…)), whose factor 1/2 ONNX Runtime needs to fuse it; the same with tanh. */
function isErfOrTanhProduct(graph: Graph, tensor: string): boolean {
  const product = graph.producer(tensor);
  if (!product || !isOperator(product, 'Mul')) return false;
  return product.input.some((name) => {
    const sum = graph.producer(name);
    return sum && isOperator(sum, 'Add') && sum.input.some((term) => isErfOrTanh(graph.producer(term)));
  });
}

function isErfOrTanh(node: NodeProto | undefined): boolean {
  return node !== undefined && isOperator(node, 'Erf', 'Tanh');
}

function isScale(scale: number): boolean {
  return Math.abs(scale) >= 1 / LARGEST_SCALE && Math.abs(scale) <= LARGEST_SCALE;
}

/** The bias with what `shift` contributes to every output; undefined where that is not the same for all places, or not finite. */
function shiftedBias(graph: Graph, node: NodeProto, shift: number): Float32Array<ArrayBuffer> | undefined {
  const linear = isOperator(node, 'Gemm') || isUnpaddedConv(node) ? linearOf(graph, node) : undefined;
  if (!linear) return undefined;
  const sums = new Float64Array(linear.output.channels);
  for (const [index, value] of linear.weight.values.entries()) {
    const channel = linear.channelOf(index);
    sums[channel] = (sums[channel] as number) + value;
  }
  const shifted = Float32Array.from(linear.bias, (value, channel) => value + shift * (sums[channel] as number));
  return shifted.every(Number.isFinite) ? shifted : undefined;
}

function isUnpaddedConv(node: NodeProto): boolean {
  const padding = stringAttribute(node, 'auto_pad', 'NOTSET');
  const pads = padding === 'NOTSET' ? (intsAttribute(node, 'pads') ?? []) : [];
  return isOperator(node, 'Conv') && (padding === 'NOTSET' || padding === 'VALID') && pads.every((pad) => pad === 0);
}

/** A new tensor, `source` + `shift`: a name of the file's keeps its values. */
function addShift(graph: Graph, source: string, shift: number): string {
  const output = graph.uniqueName(`${source}_shifted`);
  const constant = graph.addInitializer(floats(graph.uniqueName(`${source}_shift`), [shift], []));
  graph.addNode({
    opType: 'Add',
    name: graph.uniqueName(`${source}_Add`),
    input: [source, constant],
    output: [output],
  });
  return output;
}
