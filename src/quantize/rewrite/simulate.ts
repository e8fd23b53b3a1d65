import { Fault } from '../../base/fault.ts';
import { numbersOf } from '../../base/numbers.ts';
import type { Tensor, TensorType } from '../../base/tensor.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import { Graph } from '../../onnx/graph.ts';
import type { ModelProto, NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { floats, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { channelLayout } from '../channels.ts';

/** 1.5 · 2^23: a float32 below 2^22 that it is added to, and taken from again, is rounded to a whole number, half to even. */
const ROUNDING = 12582912;
const CODES: Partial<Record<TensorType, readonly [least: number, most: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/**
 * A QDQ model as float arithmetic: QuantizeLinear becomes Div, Add, Sub, Clip (codes less their zero point, as floats) and
 * DequantizeLinear a Mul; quantized weights become the floats that they stand for. WebGPU has a kernel for each of these, and none
 * for QuantizeLinear or Round, which would go by way of the CPU. Bit for bit what Q and DQ compute (products may add up in another order); integer kernels that ONNX
 * Runtime makes of a QDQ model may be a code away. Edits `model`. Throws `internal` for what quantizes at run time.
 */
export function simulateInt8(model: ModelProto): ModelProto {
  const graph = new Graph(model);
  for (const node of graph.sortedNodes()) {
    if (node.opType === 'QuantizeLinear') simulateQuantize(graph, node);
    else if (node.opType === 'DequantizeLinear') simulateDequantize(graph, node);
    // WebGPU has no kernel for Sum, which is an Add that must not be fused with the integer product in front.
    else if (node.opType === 'Sum' && node.input.length === 2) node.opType = 'Add';
    else if (/^(DynamicQuantize|MatMulInteger|ConvInteger|QLinear)/.test(node.opType)) throw notStatic(node);
  }
  graph.prune();
  const simulated = graph.commit();
  // Codes are floats now.
  if (simulated.graph) simulated.graph.valueInfo = [];
  return simulated;
}

function simulateQuantize(graph: Graph, node: NodeProto): void {
  const [input = '', , zeroPointName = ''] = node.input;
  const { scale, zeroPoint, type } = parameters(graph, node);
  const [least, most] = CODES[type] ?? [];
  if (least === undefined || most === undefined) throw notStatic(node, `codes of type ${type}`);
  const output = node.output[0] as string;
  const constant = (name: string, value: number): string =>
    graph.addInitializer(floats(graph.uniqueName(`${output}_${name}`), [value], []));
  const rounding = constant('rounding', ROUNDING);
  const bounds = [constant('least', least - zeroPoint), constant('most', most - zeroPoint)];
  graph.removeNode(node);
  let value = input;
  const steps: readonly (readonly [opType: string, inputs: readonly string[]])[] = [
    ['Div', [constant('scale', scale)]],
    ['Add', [rounding]],
    ['Sub', [rounding]],
    ['Clip', bounds],
  ];
  steps.forEach(([opType, constants], i) => {
    const result = i === steps.length - 1 ? output : graph.uniqueName(`${output}_${opType}`);
    const name = graph.uniqueName(`${zeroPointName}_${opType}`);
    graph.addNode({ opType, name, input: [value, ...constants], output: [result] });
    value = result;
  });
}

function simulateDequantize(graph: Graph, node: NodeProto): void {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  const stored = graph.initializer(input);
  graph.removeNode(node);
  if (stored) {
    graph.addInitializer(dequantized(graph, node, readTensor(stored), output));
    return;
  }
  const { scale } = parameters(graph, node);
  const factor = graph.addInitializer(floats(graph.uniqueName(`${output}_scale`), [scale], []));
  graph.addNode({ opType: 'Mul', name: graph.uniqueName(`${output}_Mul`), input: [input, factor], output: [output] });
}

/** Float values of a stored tensor, per tensor or along an axis. */
function dequantized(graph: Graph, node: NodeProto, codes: Tensor, name: string): TensorProto {
  const [, scaleName = '', zeroPointName = ''] = node.input;
  const scales = numbersOf(readConstant(graph, node, scaleName));
  const zeroPoints = zeroPointName === '' ? null : numbersOf(readConstant(graph, node, zeroPointName));
  const { dims } = codes;
  const axis = intAttribute(node, 'axis', 1);
  const { count, stride } = channelLayout(dims, scales.length > 1 ? (axis + dims.length) % dims.length : null);
  const data = Float32Array.from(numbersOf(codes), (code, i) => {
    const channel = Math.floor(i / stride) % count;
    const scale = scales[channel % scales.length] as number;
    return (code - (zeroPoints?.[channel % zeroPoints.length] ?? 0)) * scale;
  });
  return writeTensor(name, { type: 'float32', dims, data });
}

/** Of an activation: one scale, or a vector of equal ones. */
function parameters(graph: Graph, node: NodeProto): { scale: number; zeroPoint: number; type: TensorType } {
  const [, scaleName = '', zeroPointName = ''] = node.input;
  const scales = numbersOf(readConstant(graph, node, scaleName));
  const scale = scales[0] ?? 1;
  if (!Array.from(scales).every((each) => each === scale)) throw notStatic(node, 'scales that differ by channel');
  if (zeroPointName === '') return { scale, zeroPoint: 0, type: 'uint8' };
  const zeroPoint = readConstant(graph, node, zeroPointName);
  return { scale, zeroPoint: numbersOf(zeroPoint)[0] ?? 0, type: zeroPoint.type };
}

function readConstant(graph: Graph, node: NodeProto, name: string): Tensor {
  const constant = graph.initializer(name);
  if (!constant) throw notStatic(node, `${name}, which is no constant`);
  return readTensor(constant);
}

function notStatic({ name, opType }: NodeProto, found: string = opType): Fault {
  return new Fault('internal', {
    message: 'Only statically quantized models can be simulated in float',
    place: `node ${name} (${opType})`,
    found,
  });
}
