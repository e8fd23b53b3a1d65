import { intAttribute } from '../onnx/attributes.ts';
import type { Graph } from '../onnx/graph.ts';

/** Axis of the channels of a tensor, as the first op that multiplies it by a weight sees them; null where none does. */
export type ChannelAxis = 'second' | 'last' | null;

export function channelAxis(graph: Graph, tensor: string): ChannelAxis {
  for (const node of graph.consumers(tensor)) {
    if (node.input[0] !== tensor || !graph.initializer(node.input[1] ?? '')) continue;
    if (node.opType === 'Conv') return 'second';
    if (node.opType === 'MatMul' || (node.opType === 'Gemm' && intAttribute(node, 'transA', 0) === 0)) return 'last';
  }
  return null;
}

/** Number of channels, and how many neighbouring elements belong to one. */
export function channelsAlong(dims: readonly number[], axis: 'second' | 'last'): { channels: number; stride: number } {
  if (axis === 'last') return { channels: dims.at(-1) ?? 1, stride: 1 };
  return { channels: dims[1] ?? 1, stride: dims.slice(2).reduce((product, dim) => product * dim, 1) };
}
