import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import type { QuantizedWeight } from '../weight.ts';
import { channelLayout } from '../channels.ts';
import { vectorAdd } from './vector-add.ts';
import { constantValues, layerShape, replaceConstant, weightChannels } from './weight-channels.ts';

/**
 * Bias correction (Nagel et al. 2019, section 4.2): rounding the weights shifts the mean of each output channel by
 * E[W x] − E[Wq x] = Σ (W − Wq) · E[x]; the shift is added to the bias. Taps in a Conv's padding count as if they saw the mean.
 * Conv and Gemm without a bias get one; a MatMul hands it to the Add of a constant behind it, or stays as it is.
 * `means`: E[x] of each channel of the layer's input. `output`: tensor in front of the bias, where it is not what `node` writes.
 */
export function correctBias(
  graph: Graph,
  node: NodeProto,
  quantized: QuantizedWeight,
  means: readonly number[],
  output = node.output[0] as string,
): void {
  const shift = meanShift(graph, node, quantized, means);
  if (!shift) return;
  if (node.opType === 'MatMul') {
    const add = vectorAdd(graph, output, shift.length);
    if (add) addTo(graph, add.node, add.index, shift);
  } else addTo(graph, node, 2, shift);
}

/** True where `correctBias` has a place for the shift. */
export function takesCorrection(graph: Graph, node: NodeProto): boolean {
  const shape = layerShape(graph, node);
  if (!shape) return false;
  return node.opType !== 'MatMul' || vectorAdd(graph, node.output[0] as string, shape.outputs) !== undefined;
}

function meanShift(
  graph: Graph,
  node: NodeProto,
  { codes, scales, zeroPoints, axis, dims }: QuantizedWeight,
  means: readonly number[],
): Float64Array | undefined {
  const channels = weightChannels(graph, node);
  const weight = constantValues(graph, node.input[1]);
  if (!channels || !weight || means.length !== channels.inputs) return undefined;
  const { count, stride } = channelLayout(dims, axis);
  const shift = new Float64Array(channels.outputs);
  for (let i = 0; i < weight.length; i++) {
    const at = Math.floor(i / stride) % count;
    const stored = Math.fround(((codes[i] as number) - (zeroPoints[at] as number)) * (scales[at] as number));
    const output = channels.outputOf[i] as number;
    const mean = means[channels.inputOf[i] as number] as number;
    shift[output] = (shift[output] as number) + ((weight[i] as number) - stored) * mean;
  }
  return shift;
}

function addTo(graph: Graph, node: NodeProto, index: number, shift: Float64Array): void {
  const bias = constantValues(graph, node.input[index]);
  const dims =
    bias && bias.length > 1 ? dimsOf(graph.initializer(node.input[index] as string) as never) : [shift.length];
  const corrected = Float32Array.from(shift, (value, i) => value + ((bias && bias[bias.length === 1 ? 0 : i]) ?? 0));
  replaceConstant(graph, node, index, 'corrected', dims, corrected);
}
