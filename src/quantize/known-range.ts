import type { Graph } from '../onnx/graph.ts';
import type { ActivationRange } from './config.ts';

const UNIT: ActivationRange = { min: 0, max: 1 };
const BY_WRITER: Readonly<Record<string, ActivationRange>> = { Sigmoid: UNIT, HardSigmoid: UNIT, Softmax: UNIT };

/** Bounds of a tensor by the definition of the op that writes it: no calibration needed, and no unseen sample is clipped. */
export function knownRange(graph: Graph, tensor: string): ActivationRange | undefined {
  return BY_WRITER[graph.producer(tensor)?.opType ?? ''];
}
