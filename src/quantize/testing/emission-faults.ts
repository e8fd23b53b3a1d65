import { elementCount } from '../../base/tensor.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { Graph } from '../../onnx/graph.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';

/** Ops that ONNX Runtime turns into integer kernels between DequantizeLinear and QuantizeLinear, by the inputs that must be DequantizeLinear. */
const FUSED_INPUTS: Readonly<Record<string, 'first' | 'first two' | 'all'>> = {
  ...Object.fromEntries(['Conv', 'MatMul', 'Gemm'].map((opType) => [opType, 'first two'])),
  ...Object.fromEntries(['Add', 'Mul', 'Concat'].map((opType) => [opType, 'all'])),
  ...Object.fromEntries(
    [
      ...['Sigmoid', 'LeakyRelu', 'Softmax', 'AveragePool', 'GlobalAveragePool', 'MaxPool', 'Resize', 'Reshape'],
      ...['Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Gather', 'Expand', 'Tile', 'Split', 'DepthToSpace'],
    ].map((opType) => [opType, 'first']),
  ),
};
const FLOAT_OUTPUT = new Set(['MatMul', 'Gemm']);

/**
 * What an emitted QDQ model must not have: a Conv that reads codes and does not write any, a Q/DQ pair without an integer
 * kernel on either side, and a float layer that ONNX Runtime would quantize by itself. Empty where all is well.
 */
export function emissionFaults(bytes: Uint8Array): string[] {
  const graph = new Graph(decodeModel(bytes));
  return graph.nodes.flatMap((node) => {
    if (node.opType === 'QuantizeLinear' && !isUseful(graph, node)) return [`nothing fuses with ${node.name}`];
    if (node.opType === 'Conv' && readsCodes(graph, node) && !isFused(graph, node)) return [`no Q behind ${node.name}`];
    return isAtRisk(graph, node) ? [`no barrier in front of ${node.name}`] : [];
  });
}

function isUseful(graph: Graph, quantize: NodeProto): boolean {
  const writer = graph.producer(quantize.input[0]!);
  if (writer && isFused(graph, writer)) return true;
  const pairs = graph.consumers(quantize.output[0]!);
  return pairs.some(({ output }) => graph.consumers(output[0]!).some((reader) => isFused(graph, reader)));
}

function isFused(graph: Graph, node: NodeProto): boolean {
  const which = FUSED_INPUTS[node.opType];
  if (which === undefined) return false;
  const inputs = which === 'all' ? node.input : node.input.slice(0, which === 'first' ? 1 : 2);
  if (!inputs.every((name) => dequantizer(graph, name))) return false;
  if (FLOAT_OUTPUT.has(node.opType)) return true;
  return node.output.filter(Boolean).every((name) => {
    const readers = graph.consumers(name);
    return !graph.isOutput(name) && readers.length === 1 && readers[0]!.opType === 'QuantizeLinear';
  });
}

function readsCodes(graph: Graph, node: NodeProto): boolean {
  return [0, 1].every((index) => dequantizer(graph, node.input[index]!));
}

function dequantizer(graph: Graph, name: string): NodeProto | undefined {
  const writer = graph.producer(name);
  return writer?.opType === 'DequantizeLinear' ? writer : undefined;
}

/** Between a DequantizeLinear with one scale and a QuantizeLinear, with a weight that is constant once Cast and Mul are folded. */
function isAtRisk(graph: Graph, node: NodeProto): boolean {
  if (!['Conv', 'ConvTranspose', 'Gemm'].includes(node.opType)) return false;
  const source = dequantizer(graph, node.input[0]!);
  const scale = source && graph.initializer(source.input[1]!);
  if (!scale || elementCount(dimsOf(scale)) > 1) return false;
  return isFloatConstant(graph, node.input[1]!) && reachesQuantize(graph, node.output[0]!);
}

function isFloatConstant(graph: Graph, name: string): boolean {
  if (graph.initializer(name)) return true;
  const writer = graph.producer(name);
  return (
    (writer?.opType === 'Cast' || writer?.opType === 'Mul') &&
    writer.input.every((input) => isFloatConstant(graph, input))
  );
}

function reachesQuantize(graph: Graph, name: string): boolean {
  return graph
    .consumers(name)
    .some(
      ({ opType, output }) =>
        opType === 'QuantizeLinear' || (['Relu', 'Clip'].includes(opType) && reachesQuantize(graph, output[0]!)),
    );
}
