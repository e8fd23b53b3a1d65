import { intsAttribute, setAttribute, stringAttribute } from '../attributes.ts';
import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { dimsOf, readTensor } from '../tensor-proto.ts';
import { bypass } from './bypass.ts';
import type { Pass } from './pass.ts';

/** Folds a Pad with zeros into the pads of the Convs that alone read it: between int8 Convs it would compute in float. */
export const FOLD_PAD: Pass = {
  name: 'fold-pad',
  run(graph) {
    for (const pad of graph.nodes) {
      const amounts = isOperator(pad, 'Pad') ? zeroPads(graph, pad) : undefined;
      if (!amounts || graph.isOutput(pad.output[0] ?? '')) continue;
      const readers = graph.consumers(pad.output[0] ?? '');
      const folded = readers.map((conv) => convPads(graph, conv, pad, amounts));
      if (readers.length === 0 || folded.includes(undefined) || !bypass(graph, pad)) continue;
      readers.forEach((conv, i) => setAttribute(conv, 'pads', folded[i] as number[]));
    }
  },
};

/** Amounts per side, [begin …, end …] over all dims, of a Pad (opset 11: amounts and value are inputs) that adds zeros alone. */
function zeroPads(graph: Graph, pad: NodeProto): readonly number[] | undefined {
  const [, amounts, value, axes] = pad.input;
  if (stringAttribute(pad, 'mode', 'constant') !== 'constant' || axes) return undefined;
  const stored = graph.initializer(value ?? '');
  if (value && !(stored && Number(readTensor(stored).data[0]) === 0)) return undefined;
  const tensor = graph.initializer(amounts ?? '');
  const found = tensor && Array.from(readTensor(tensor).data as ArrayLike<number | bigint>, Number);
  return found?.every((amount) => amount >= 0) ? found : undefined;
}

/** The Conv's pads with the Pad's amounts added; undefined where it does not read it as pictures with explicit pads. */
function convPads(graph: Graph, conv: NodeProto, pad: NodeProto, amounts: readonly number[]): number[] | undefined {
  if (!isOperator(conv, 'Conv') || conv.input.lastIndexOf(pad.output[0] ?? '') !== 0) return undefined;
  if (stringAttribute(conv, 'auto_pad', 'NOTSET') !== 'NOTSET') return undefined;
  const weight = graph.initializer(conv.input[1] ?? '');
  const rank = weight ? dimsOf(weight).length : 0;
  if (amounts.length !== 2 * rank || rank < 3) return undefined;
  const channels = [0, 1, rank, rank + 1].map((index) => amounts[index]);
  if (channels.some((amount) => amount !== 0)) return undefined;
  const spatial = [...amounts.slice(2, rank), ...amounts.slice(rank + 2)];
  const own = intsAttribute(conv, 'pads') ?? [];
  return spatial.map((amount, i) => amount + (own[i] ?? 0));
}
