import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import { TensorProto_DataType as DataType, type TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { broadcastDims } from '../channels.ts';
import { quantizeWeight, type QuantizedWeight } from '../weight.ts';
import { emitDynamicLstm } from './emit-dynamic-lstm.ts';
import type { SelectedOp } from './select.ts';
import { transpose2d } from './transpose.ts';
import type { WeightCache } from './weight-cache.ts';

/**
 * Ops with ranges measured at run time. MatMul, Gemm: DynamicQuantizeLinear → MatMulInteger → Cast → Mul (→ Add), which ONNX
 * Runtime fuses to DynamicQuantizeMatMul; Conv: the same with ConvInteger; LSTM: DynamicQuantizeLSTM. Ops that read the same
 * tensor share one DynamicQuantizeLinear.
 */
export function emitDynamic(graph: Graph, selected: Iterable<SelectedOp>, clip: boolean, cache: WeightCache): void {
  const inputs = new Map<string, QuantizedInput>();
  for (const op of selected) {
    if (op.config.mode !== 'dynamic') continue;
    if (op.node.opType === 'LSTM') {
      emitDynamicLstm(graph, op, clip, cache);
      continue;
    }
    const tensor = op.node.input[0] as string;
    let input = inputs.get(tensor);
    if (!input) {
      input = emitDynamicInput(graph, tensor);
      inputs.set(tensor, input);
    }
    const isConv = op.node.opType === 'Conv';
    emitProduct(graph, op, input, isConv ? convWeight(graph, op, clip, cache) : matrix(graph, op, clip, cache));
  }
}

interface QuantizedInput {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

function emitDynamicInput(graph: Graph, tensor: string): QuantizedInput {
  const codes = graph.uniqueName(`${tensor}_dynamic`);
  const scale = graph.uniqueName(`${tensor}_dynamic_scale`);
  const zeroPoint = graph.uniqueName(`${tensor}_dynamic_zero_point`);
  graph.addNode({
    opType: 'DynamicQuantizeLinear',
    name: graph.uniqueName(`${tensor}_DynamicQuantizeLinear`),
    input: [tensor],
    output: [codes, scale, zeroPoint],
  });
  return { codes, scale, zeroPoint };
}

/** Right-hand side of an integer product, ready to write. */
interface IntegerWeight {
  readonly codes: Int8Array | Uint8Array;
  readonly dims: readonly number[];
  readonly scales: Float32Array;
  /** Dims of the scales as they multiply the product. */
  readonly scaleDims: readonly number[];
  readonly zeroPoints: readonly number[];
}

/** The weight as [K, N] codes: Gemm's transB is undone, since MatMulInteger knows no transposition. */
function matrix(graph: Graph, { node, config }: SelectedOp, clip: boolean, cache: WeightCache): IntegerWeight {
  const name = node.input[1] as string;
  const transposed = node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1;
  const proto = graph.initializer(name) as TensorProto;
  const axis = config.weight.granularity === 'per_channel' && dimsOf(proto).length === 2 ? 1 : null;
  const { dtype, scheme, bit } = config.weight;
  const key = ['dynamic', name, transposed, axis, dtype, scheme, bit, clip].join('|');
  const weight = cache.quantized(key, () => {
    const tensor = readTensor(proto);
    return quantizeWeight(transposed ? transpose2d(tensor) : tensor, config.weight, axis, undefined, clip);
  });
  return { ...weight, scaleDims: axis === null ? [] : [weight.scales.length], zeroPoints: [...weight.zeroPoints] };
}

/**
 * ConvInteger takes one zero point for the whole weight, which symmetric codes have, so that scales per channel may follow in
 * the Mul. uint8 with zero point 128 says the same as int8, and older versions of ONNX Runtime have no kernel for int8.
 */
function convWeight(graph: Graph, { node, config }: SelectedOp, clip: boolean, cache: WeightCache): IntegerWeight {
  const name = node.input[1] as string;
  const tensor = readTensor(graph.initializer(name) as TensorProto);
  const axis = config.weight.granularity === 'per_channel' ? 0 : null;
  const key = [name, axis, config.weight.dtype, config.weight.scheme, clip].join('|');
  const weight = cache.quantized(key, () => quantizeWeight(tensor, config.weight, axis, undefined, clip));
  const { codes, zeroPoint } = unsigned(weight);
  const scaleDims = axis === null ? [] : broadcastDims(tensor.dims.length - 1, 0, weight.scales.length);
  return { codes, dims: weight.dims, scales: weight.scales, scaleDims, zeroPoints: [zeroPoint] };
}

function unsigned({ codes, zeroPoints }: QuantizedWeight): { codes: Uint8Array; zeroPoint: number } {
  const zeroPoint = zeroPoints[0] as number;
  if (codes instanceof Uint8Array) return { codes, zeroPoint };
  return { codes: Uint8Array.from(codes, (code) => code + 128), zeroPoint: zeroPoint + 128 };
}

function emitProduct(graph: Graph, { node }: SelectedOp, input: QuantizedInput, weight: IntegerWeight): void {
  const isConv = node.opType === 'Conv';
  const base = node.input[1] as string;
  const bias = node.input[2] ? emitBias(graph, node.input[2], isConv ? weight.dims.length - 1 : null) : undefined;
  const output = node.output[0] as string;
  const type = weight.codes instanceof Int8Array ? 'int8' : 'uint8';
  const zeroPoints = type === 'int8' ? Int8Array.from(weight.zeroPoints) : Uint8Array.from(weight.zeroPoints);
  const zeroDims = weight.zeroPoints.length === 1 ? [] : [weight.zeroPoints.length];
  const constant = (suffix: string, tensor: Parameters<typeof writeTensor>[1]): string =>
    graph.addInitializer(writeTensor(graph.uniqueName(`${base}_${suffix}`), tensor));
  const codes = constant('quantized', { type, dims: weight.dims, data: weight.codes });
  const scales = constant('scale', { type: 'float32', dims: weight.scaleDims, data: weight.scales });
  const zeros = constant('zero_point', { type, dims: zeroDims, data: zeroPoints });
  const steps = ['sum', 'float', 'factor', 'scaled'].map((step) => graph.uniqueName(`${output}_${step}`));
  const [sum, float, factor, scaled] = steps as [string, string, string, string];
  graph.removeNode(node);
  const add = (opType: string, inputs: string[], result: string, attributes = {}): void => {
    const name = graph.uniqueName(`${node.name ?? ''}_${opType}`);
    graph.addNode({ opType, name, input: inputs, output: [result], attributes });
  };
  add(isConv ? 'ConvInteger' : 'MatMulInteger', [input.codes, codes, input.zeroPoint, zeros], sum);
  if (isConv) (graph.producer(sum) as typeof node).attribute = [...node.attribute];
  add('Cast', [sum], float, { to: DataType.FLOAT });
  add('Mul', [input.scale, scales], factor);
  add('Mul', [float, factor], bias ? scaled : output);
  if (bias) add('Add', [scaled, bias], output);
}

/** The bias as it is, or of a Conv as [C, 1, …] of the given rank. */
function emitBias(graph: Graph, name: string, rank: number | null): string {
  if (rank === null) return name;
  const { data } = readTensor(graph.initializer(name) as TensorProto);
  const dims = broadcastDims(rank, 0, data.length);
  return graph.addInitializer(writeTensor(graph.uniqueName(`${name}_channels`), { type: 'float32', dims, data }));
}
