import { readTensor } from '../onnx/tensor-proto.ts';
import { channelLayout } from './channels.ts';
import type { QuantizeConfig } from './config.ts';
import type { PreparedModel } from './prepared-model.ts';
import { selectOps } from './rewrite/select.ts';
import { quantizeWeight, type QuantizedWeight } from './weight.ts';

/**
 * Signal-to-quantization-noise ratio of a weight in decibels, 10·log10(Σw² / Σ(w − ŵ)²) with ŵ = scale · (code − zero point):
 * 6 dB are one bit. Infinity where nothing is lost; NaN for a weight that is all zero, which has no signal.
 */
export function weightSqnrDb(weight: Float32Array, { codes, dims, scales, zeroPoints, axis }: QuantizedWeight): number {
  const { count, stride } = channelLayout(dims, axis);
  let [signal, noise] = [0, 0];
  for (let start = 0, channel = 0; start < weight.length; start += stride, channel = (channel + 1) % count) {
    const [scale, zeroPoint] = [scales[channel] as number, zeroPoints[channel] as number];
    for (let i = start; i < start + stride; i++) {
      const value = weight[i] as number;
      signal += value * value;
      noise += (value - scale * ((codes[i] as number) - zeroPoint)) ** 2;
    }
  }
  return signal === 0 ? NaN : 10 * Math.log10(signal / noise);
}

/**
 * `weightSqnrDb` by op name of the int8 ops of a config that have a constant float weight. `model`: with the config's graph
 * recipes applied. Scales are those of the weight alone; the few that a bias widens belong to channels that are nearly dead.
 */
export function weightSqnrs(model: PreparedModel, config: QuantizeConfig): Map<string, number> {
  const found = new Map<string, number>();
  for (const [node, { roles, config: op }] of selectOps(model, config)) {
    const proto = roles.weight && model.graph.initializer(node.input[roles.weight.index] ?? '');
    if (!roles.weight || !proto) continue;
    const tensor = readTensor(proto);
    if (!(tensor.data instanceof Float32Array)) continue;
    const axis = op.weight.granularity === 'per_channel' ? roles.weight.axis : null;
    const quantized = quantizeWeight(tensor, op.weight, axis, undefined, config.weightClip === true);
    found.set(node.name ?? '', weightSqnrDb(tensor.data, quantized));
  }
  return found;
}
