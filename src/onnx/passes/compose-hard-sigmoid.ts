import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { floatConstant } from './affine.ts';
import { onlyReader } from './only-reader.ts';
import type { Pass } from './pass.ts';

/** Products of a bound and a factor this close to 1 are meant to be 1: 6 and 1/6 as float32 numbers. */
const ROUNDING = 1e-6;

/**
 * Clip(x + b, 0, c) / c, with nothing or one product in between, becomes HardSigmoid(x; 1/c, b/c) (opset 6): exporters write
 * hard-swish so, as x · Clip(x + 3, 0, 6) / 6. ONNX Runtime has no fusion for it, and where it computes in place, as it
 * does here, its Clip on WASM takes ten times as long as HardSigmoid. The result keeps its name, the gate gets one of its own.
 */
export const COMPOSE_HARD_SIGMOID: Pass = {
  name: 'compose-hard-sigmoid',
  run(graph) {
    for (const clip of graph.nodes) if (isOperator(clip, 'Clip')) compose(graph, clip);
  },
};

function compose(graph: Graph, clip: NodeProto): void {
  const bound = scalar(graph, clip.input[2]);
  const add = graph.producer(clip.input[0] ?? '');
  if (!bound || scalar(graph, clip.input[1]) !== 0 || !add || !isOperator(add, 'Add') || !readerOf(graph, add)) return;
  const shiftAt = add.input.findIndex((name) => scalar(graph, name) !== undefined);
  const shift = scalar(graph, add.input[shiftAt]);
  const reader = readerOf(graph, clip);
  if (shift === undefined || !reader) return;
  const isProduct = isOperator(reader, 'Mul') && !reader.input.some((name) => graph.initializer(name));
  const scaler = isProduct && reader.input[0] !== reader.input[1] ? readerOf(graph, reader) : reader;
  const factor = scaler && factorOf(graph, scaler);
  if (!scaler || factor === undefined || Math.abs(factor * bound - 1) > ROUNDING) return;
  const [x = ''] = add.input.filter((_, index) => index !== shiftAt);
  for (const node of [add, clip, scaler]) graph.removeNode(node);
  const [clipped = ''] = clip.output;
  let [gate = ''] = scaler.output;
  if (reader !== scaler) {
    graph.setOutput(reader, 0, gate);
    gate = graph.uniqueName(`${clipped}_scaled`);
    graph.setInput(reader, reader.input.indexOf(clipped), gate);
  }
  graph.addNode({
    opType: 'HardSigmoid',
    name: graph.uniqueName(`${clip.name}_hard_sigmoid`),
    input: [x],
    output: [gate],
    attributes: { alpha: { float: factor }, beta: { float: shift * factor } },
  });
}

function readerOf(graph: Graph, { output: [output = ''] }: NodeProto): NodeProto | undefined {
  return onlyReader(graph, output);
}

/** What `node` multiplies its first input by. */
function factorOf(graph: Graph, node: NodeProto): number | undefined {
  const [left, right] = node.input.map((name) => scalar(graph, name));
  if (isOperator(node, 'Div') && right) return 1 / right;
  return isOperator(node, 'Mul') ? (left ?? right) : undefined;
}

/** A constant that makes no result larger than the other operand. */
function scalar(graph: Graph, name: string | undefined): number | undefined {
  const constant = name ? floatConstant(graph, name) : undefined;
  return constant?.values.length === 1 && constant.dims.length <= 1 ? constant.values[0] : undefined;
}
