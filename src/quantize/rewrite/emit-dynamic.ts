import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import { quantizeWeight, type QuantizedWeight } from '../weight.ts';
import { transpose2d } from './transpose.ts';
import type { SelectedOp } from './select.ts';
import type { WeightCache } from './weight-cache.ts';

/** TensorProto.DataType.FLOAT, as Cast's `to`. */
const FLOAT = 1;

/**
 * MatMul and Gemm with ranges measured at run time: DynamicQuantizeLinear → MatMulInteger → Cast → Mul (→ Add), which
 * ONNX Runtime fuses to DynamicQuantizeMatMul. Ops that read the same tensor share one DynamicQuantizeLinear.
 */
export function emitDynamic(graph: Graph, selected: Iterable<SelectedOp>, clip: boolean, cache: WeightCache): void {
  const inputs = new Map<string, QuantizedInput>();
  for (const op of selected) {
    if (op.config.mode !== 'dynamic') continue;
    const tensor = op.node.input[0] as string;
    let input = inputs.get(tensor);
    if (!input) {
      input = emitDynamicInput(graph, tensor);
      inputs.set(tensor, input);
    }
    emitProduct(graph, op, input, dynamicWeight(graph, op, clip, cache));
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

/** The weight as [K, N] codes: Gemm's transB is undone, since MatMulInteger knows no transposition. */
function dynamicWeight(graph: Graph, { node, config }: SelectedOp, clip: boolean, cache: WeightCache): QuantizedWeight {
  const name = node.input[1] as string;
  const transposed = node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1;
  const proto = graph.initializer(name) as never;
  const axis = config.weight.granularity === 'per_channel' && dimsOf(proto).length === 2 ? 1 : null;
  const { dtype, scheme, bit } = config.weight;
  return cache.quantized(['dynamic', name, transposed, axis, dtype, scheme, bit, clip].join('|'), () => {
    const tensor = readTensor(proto);
    return quantizeWeight(transposed ? transpose2d(tensor) : tensor, config.weight, axis, undefined, clip);
  });
}

function emitProduct(graph: Graph, { node }: SelectedOp, input: QuantizedInput, weight: QuantizedWeight): void {
  const base = node.input[1] as string;
  const bias = node.opType === 'Gemm' ? node.input[2] : undefined;
  const output = node.output[0] as string;
  const dims = weight.axis === null ? [] : [weight.scales.length];
  const type = weight.codes instanceof Int8Array ? 'int8' : 'uint8';
  const zeroPoints = type === 'int8' ? Int8Array.from(weight.zeroPoints) : Uint8Array.from(weight.zeroPoints);
  const codes = graph.addInitializer(
    writeTensor(graph.uniqueName(`${base}_quantized`), { type, dims: weight.dims, data: weight.codes }),
  );
  const scales = graph.addInitializer(
    writeTensor(graph.uniqueName(`${base}_scale`), { type: 'float32', dims, data: weight.scales }),
  );
  const zeros = graph.addInitializer(
    writeTensor(graph.uniqueName(`${base}_zero_point`), { type, dims, data: zeroPoints }),
  );
  const steps = ['sum', 'float', 'factor', 'scaled'].map((step) => graph.uniqueName(`${output}_${step}`));
  const [sum, float, factor, scaled] = steps as [string, string, string, string];
  graph.removeNode(node);
  const name = (opType: string): string => graph.uniqueName(`${node.name ?? ''}_${opType}`);
  const add = (opType: string, inputs: string[], result: string, attributes = {}): unknown =>
    graph.addNode({ opType, name: name(opType), input: inputs, output: [result], attributes });
  add('MatMulInteger', [input.codes, codes, input.zeroPoint, zeros], sum);
  add('Cast', [sum], float, { to: FLOAT });
  add('Mul', [input.scale, scales], factor);
  add('Mul', [float, factor], bias ? scaled : output);
  if (bias) add('Add', [scaled, bias], output);
}
