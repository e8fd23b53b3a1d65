import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { equalizablePairs } from './equalizable-pairs.ts';
import { smoothableTensors } from './smooth-quant.ts';
import {
  constantValues,
  incomingMagnitudes,
  magnitudes,
  weightChannels,
  type WeightChannels,
} from './weight-channels.ts';

/** A tensor whose channels differ in size. */
export interface ChannelImbalance {
  readonly tensor: string;
  /** Op that suffers from it: the first that reads the tensor. */
  readonly op: string;
  /** Magnitude of the largest channel over that of the median channel, at least 1. */
  readonly ratio: number;
}

/** From this ratio on an activation's median channel is left fewer than 32 of 255 steps: SmoothQuant should be tried. */
export const OUTLIER_RATIO = 8;

/**
 * Activations that SmoothQuant can work on, the most unequal first. `loudest`: largest |x| of each channel by tensor, as
 * calibration found it; tensors that it lacks are left out.
 */
export function outlierChannels(
  model: PreparedModel,
  loudest: Readonly<Record<string, readonly number[]>>,
): ChannelImbalance[] {
  const found = smoothableTensors(model).flatMap(({ tensor, readers }) => {
    const channels = loudest[tensor];
    return channels ? [{ tensor, op: readers[0]?.name ?? '', ratio: imbalance(channels) }] : [];
  });
  return found.sort((a, b) => b.ratio - a.ratio);
}

/**
 * Layers whose channels equalization can bring closer, the most unequal first: the larger imbalance of the producer's output
 * channels and of the readers' input channels. Says everything from the weights; no data are needed.
 */
export function unequalWeights(model: PreparedModel): ChannelImbalance[] {
  const { graph } = model;
  const imbalanceOf = (
    node: NodeProto,
    sizes: (values: Float32Array, channels: WeightChannels) => Float64Array,
  ): number => {
    const channels = weightChannels(graph, node);
    const values = constantValues(graph, node.input[1]);
    return channels && values ? imbalance(sizes(values, channels)) : 1;
  };
  const found = equalizablePairs(model).map(({ tensor, producer, readers }) => {
    const outgoing = imbalanceOf(producer, (values, { outputOf, outputs }) => magnitudes(values, outputOf, outputs));
    const incoming = readers.map(({ node, spread }) =>
      imbalanceOf(node, (values, channels) => incomingMagnitudes(values, channels, spread)),
    );
    return { tensor, op: readers[0]?.node.name ?? '', ratio: Math.max(outgoing, ...incoming) };
  });
  return found.sort((a, b) => b.ratio - a.ratio);
}

/** Largest over median; dead channels are left out. */
function imbalance(channels: ArrayLike<number>): number {
  const alive = Array.from(channels)
    .filter((magnitude) => magnitude > 0)
    .sort((a, b) => a - b);
  const median = alive[Math.floor((alive.length - 1) / 2)];
  return median === undefined ? 1 : (alive.at(-1) as number) / median;
}
