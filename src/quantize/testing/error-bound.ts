import type { Tensor } from '../../base/tensor.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import { channelLayout } from '../channels.ts';
import type { QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { selectOps } from '../rewrite/select.ts';
import { emittedForm } from './emitted-form.ts';

/** Codes that a kernel may be off: half by rounding, half where the zero point cut the range, one by requantizing in float32. */
const STEPS = 2;
const FLOAT_NOISE = 1e-4;

/** The two models whose tensors are compared. */
export interface Compared {
  readonly float: PreparedModel;
  readonly config: QuantizeConfig;
  /** File of the int8 model. */
  readonly int8: Uint8Array;
  /** All tensors of the float model; the ranges were calibrated on them. */
  readonly values: ReadonlyMap<string, Tensor>;
  /** What layers of the int8 model multiply by, by node name. */
  readonly weights: ReadonlyMap<string, Tensor>;
}

/**
 * By how much each element of a tensor may differ between the models at most: errors of inputs and weights go through each
 * op by its Lipschitz constant, and every quantized tensor adds steps of its scale.
 */
export function errorBounds(compared: Compared): Map<string, number> {
  const { float, int8, values } = compared;
  const { activations } = emittedForm(int8);
  const selected = selectOps(float, compared.config);
  const bounds = new Map<string, number>();
  const set = (tensor: string, error: number): void => {
    const step = activations[tensor]?.[0] ?? 0;
    bounds.set(tensor, error + STEPS * step + FLOAT_NOISE * magnitude(values.get(tensor)!));
  };
  for (const name of float.graph.inputs) set(name, 0);
  for (const node of float.graph.sortedNodes()) {
    const isDynamic = selected.get(node)?.config.mode === 'dynamic';
    const inputStep = activations[node.input[0]!]?.[0] ?? 0;
    const error = opError(node, compared, bounds, isDynamic, inputStep);
    for (const output of node.output.filter(Boolean)) set(output, error);
  }
  return bounds;
}

function opError(
  node: NodeProto,
  { values, weights }: Compared,
  bounds: ReadonlyMap<string, number>,
  isDynamic: boolean,
  inputStep: number,
): number {
  const error = (index: number): number => bounds.get(node.input[index] ?? '') ?? 0;
  const size = (index: number): number => magnitude(values.get(node.input[index]!)!);
  switch (node.opType) {
    case 'Conv':
    case 'ConvTranspose':
    case 'MatMul':
    case 'Gemm': {
      const float = values.get(node.input[1]!)!;
      const used = weights.get(node.name) ?? float;
      const axis = outputAxis(node, float.dims.length);
      const biasStep = inputStep * (magnitude(float) / 100) + FLOAT_NOISE;
      if (!isDynamic) return channelBound(float, used, axis, error(0), size(0), 0) + biasStep;
      const step = (2 * (size(0) + error(0))) / 255;
      return channelBound(float, float, axis, error(0) + step, size(0) + error(0), magnitude(float) / 127);
    }
    case 'Add':
      return error(0) + error(1);
    case 'Mul':
      return size(0) * error(1) + size(1) * error(0) + error(0) * error(1);
    case 'Concat':
      return Math.max(...node.input.map((_, index) => error(index)));
    default:
      return error(0);
  }
}

/** Axis of a weight along which outputs lie. */
function outputAxis(node: NodeProto, rank: number): number {
  if (node.opType === 'Conv') return 0;
  if (node.opType === 'Gemm') return intAttribute(node, 'transB', 0) ? 0 : 1;
  return node.opType === 'ConvTranspose' ? 1 : rank - 1;
}

/** The worst output channel's Σ|ŵ| · error + Σ(|ŵ − w| + step) · size. */
function channelBound(float: Tensor, used: Tensor, axis: number, error: number, size: number, step: number): number {
  const { count, stride } = channelLayout(float.dims, axis);
  const sums = new Float64Array(count);
  float.data.forEach((value, i) => {
    const channel = Math.floor(i / stride) % count;
    const weight = Number(used.data[i]);
    sums[channel]! += (Math.abs(weight) + step) * error + (Math.abs(weight - Number(value)) + step) * size;
  });
  return Math.max(0, ...sums);
}

/** Largest absolute value; 0 for an empty tensor. */
function magnitude({ data }: Tensor): number {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}
