import { readTensor } from '../onnx/tensor-proto.ts';
import type { Int8OpConfig } from './config.ts';
import type { PreparedModel } from './prepared-model.ts';
import { rolesOf } from './rules/registry.ts';
import { quantizeWeight } from './weight.ts';

/**
 * Signal to quantization noise of an op's weight in decibels, 10·log₁₀(Σw² / Σ(w − ŵ)²): about 40 for 8 bits that fit, 20 and less where a
 * few large values take the range. Infinity for a weight that loses nothing; null for ops without a constant weight.
 */
export function weightSqnrDb(model: PreparedModel, name: string, config: Int8OpConfig): number | null {
  const node = model.graph.nodes.find((each) => each.name === name);
  const roles = node && rolesOf(node, model);
  if (!node || !roles || typeof roles === 'string' || !roles.weight) return null;
  const proto = model.graph.initializer(node.input[roles.weight.index] ?? '');
  if (!proto) return null;
  const tensor = readTensor(proto);
  if (!(tensor.data instanceof Float32Array)) return null;
  const axis = config.weight.granularity === 'per_channel' ? roles.weight.axis : null;
  const { codes, scales, zeroPoints, dims } = quantizeWeight(tensor, config.weight, axis);
  const stride = axis === null ? codes.length : dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  let [signal, noise] = [0, 0];
  for (let i = 0; i < codes.length; i++) {
    const channel = axis === null ? 0 : Math.floor(i / stride) % scales.length;
    const value = tensor.data[i] as number;
    const restored = ((codes[i] as number) - (zeroPoints[channel] ?? 0)) * (scales[channel] as number);
    signal += value * value;
    noise += (value - restored) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}
