import { attribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { AttributeProto, NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { isOperator } from '../../onnx/operator.ts';

const CONTRIB = 'com.microsoft';

/** Codes with scale and zero point, by tensor name. */
interface Codes {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

interface Operator {
  readonly opType: string;
  readonly domain: '' | typeof CONTRIB;
  readonly input: readonly string[];
}

/** What an op is between its inputs' codes and those of its output; null output: it writes float. Undefined: no such operator. */
type Form = (inputs: readonly Codes[], output: Codes | null) => Operator | undefined;

const triple = ({ codes, scale, zeroPoint }: Codes): string[] => [codes, scale, zeroPoint];
const parameters = ({ scale, zeroPoint }: Codes): string[] => [scale, zeroPoint];

/** One activation in, one out. */
const unary =
  (opType: string): Form =>
  ([x], y) =>
    x && y ? { opType, domain: CONTRIB, input: [...triple(x), ...parameters(y)] } : undefined;

const binary =
  (opType: string): Form =>
  ([a, b], y) =>
    a && b && y ? { opType, domain: CONTRIB, input: [...triple(a), ...triple(b), ...parameters(y)] } : undefined;

/** The operators that ONNX Runtime's own QOperator format has for what Octet computes in int8. */
const FORMS: Readonly<Record<string, Form>> = {
  Conv: ([x, w, bias], y) =>
    x && w && y
      ? {
          opType: 'QLinearConv',
          domain: '',
          input: [...triple(x), ...triple(w), ...parameters(y), ...(bias ? [bias.codes] : [])],
        }
      : undefined,
  MatMul: ([a, b], y) => {
    if (!a || !b) return undefined;
    if (y) return { opType: 'QLinearMatMul', domain: '', input: [...triple(a), ...triple(b), ...parameters(y)] };
    const input = [a.codes, b.codes, a.scale, b.scale, a.zeroPoint, b.zeroPoint];
    return { opType: 'MatMulIntegerToFloat', domain: CONTRIB, input };
  },
  Gemm: ([a, b, bias], y) =>
    a && b
      ? {
          opType: 'QGemm',
          domain: CONTRIB,
          input: [...triple(a), ...triple(b), bias?.codes ?? '', ...(y ? parameters(y) : [])],
        }
      : undefined,
  Add: binary('QLinearAdd'),
  Mul: binary('QLinearMul'),
  Sigmoid: unary('QLinearSigmoid'),
  LeakyRelu: unary('QLinearLeakyRelu'),
  AveragePool: unary('QLinearAveragePool'),
  GlobalAveragePool: unary('QLinearGlobalAveragePool'),
  Concat: (inputs, y) =>
    y ? { opType: 'QLinearConcat', domain: CONTRIB, input: [...parameters(y), ...inputs.flatMap(triple)] } : undefined,
};

/** Attributes of the float op that its operator does not have: Octet makes int8 only where they say nothing. */
const DROPPED: Readonly<Record<string, readonly string[]>> = { Gemm: ['beta'] };

/**
 * Turns a QDQ graph into the QOperator form: each op between DequantizeLinear and QuantizeLinear for which an operator exists
 * reads and writes integers itself; all others keep their QDQ form. `int8`: the static ops; those that `passThrough`
 * (same scale on both sides) compute on the integers as they are.
 */
export function toQOperator(graph: Graph, int8: ReadonlySet<NodeProto>, passThrough: ReadonlySet<NodeProto>): void {
  for (const node of graph.sortedNodes()) {
    if (!int8.has(node)) continue;
    if (passThrough.has(node)) onIntegers(graph, node);
    else asOperator(graph, node);
  }
}

function asOperator(graph: Graph, node: NodeProto): void {
  const inputs = node.input.filter(Boolean).map((name) => dequantized(graph, name));
  if (inputs.includes(undefined)) return;
  const quantize = quantizeOf(graph, node.output[0] ?? '');
  const output = quantize ? codesOf(quantize, quantize.output[0] as string) : null;
  const operator = FORMS[node.opType]?.(inputs as Codes[], output);
  if (!operator) return;
  graph.removeNode(node);
  if (quantize) graph.removeNode(quantize);
  const made = graph.addNode({ ...operator, name: node.name, output: [output?.codes ?? (node.output[0] as string)] });
  made.attribute = operatorAttributes(node);
  if (operator.domain === CONTRIB && graph.opset(CONTRIB) === 0) graph.setOpset(1, CONTRIB);
}

function operatorAttributes(node: NodeProto): AttributeProto[] {
  const dropped = DROPPED[node.opType] ?? [];
  return node.attribute.filter(({ name }) => !dropped.includes(name));
}

/** MaxPool, Reshape …: what reads the DequantizeLinear reads the codes, what the QuantizeLinear wrote is written at once. */
function onIntegers(graph: Graph, node: NodeProto): void {
  const [name = ''] = node.input;
  const input = dequantized(graph, name);
  const quantizes = node.output.map((output) => quantizeOf(graph, output));
  if (!input || quantizes.includes(undefined)) return;
  graph.setInput(node, 0, input.codes);
  quantizes.forEach((quantize, index) => {
    const codes = quantize?.output[0] as string;
    graph.removeNode(quantize as NodeProto);
    graph.setOutput(node, index, codes);
  });
}

/** The codes behind a tensor that a DequantizeLinear writes. */
function dequantized(graph: Graph, tensor: string): Codes | undefined {
  const node = graph.producer(tensor);
  return node && isOperator(node, 'DequantizeLinear') ? codesOf(node, node.input[0] as string) : undefined;
}

/** The QuantizeLinear that alone reads a tensor. */
function quantizeOf(graph: Graph, tensor: string): NodeProto | undefined {
  const [reader, ...others] = graph.consumers(tensor);
  if (!reader || others.length > 0 || graph.isOutput(tensor) || attribute(reader, 'axis')) return undefined;
  return isOperator(reader, 'QuantizeLinear') ? reader : undefined;
}

function codesOf({ input }: NodeProto, codes: string): Codes {
  return { codes, scale: input[1] ?? '', zeroPoint: input[2] ?? '' };
}
