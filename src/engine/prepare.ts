import type { Warning } from '../base/fault-codes.ts';
import { cleanUp } from '../onnx/clean-up.ts';
import { decodeModel } from '../onnx/decode.ts';
import { inferTensors } from '../onnx/infer.ts';
import { Graph } from '../onnx/graph.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';

/**
 * Cleans a float model and infers its tensors at batch 1. `inputDims`: dims of one sample per input, batch dimension
 * included, so that sizes that depend on the data are known; the model itself keeps its dynamic dims.
 */
export function prepareModel(
  bytes: Uint8Array,
  inputDims: Readonly<Record<string, readonly number[]>>,
): { model: PreparedModel; warnings: readonly Warning[] } {
  const { graph, warnings } = cleanUp(decodeModel(bytes));
  const committed = new Graph(graph.commit());
  return { model: { graph: committed, infos: inferTensors(withInputDims(committed, inputDims)) }, warnings };
}

function withInputDims(graph: Graph, inputDims: Readonly<Record<string, readonly number[]>>): Graph {
  const copy = graph.clone();
  const proto = copy.model.graph;
  if (!proto) return copy;
  proto.input = proto.input.map((input) => {
    const dims = inputDims[input.name ?? ''];
    const value = input.type?.value;
    if (!dims || value?.case !== 'tensorType') return input;
    const shape = { ...value.value.shape, dim: dims.map((dim) => dimension(dim)) };
    return { ...input, type: { ...input.type, value: { ...value, value: { ...value.value, shape } } } } as typeof input;
  });
  return copy;
}

function dimension(size: number): unknown {
  return { $typeName: 'onnx.TensorShapeProto.Dimension', value: { case: 'dimValue', value: BigInt(size) } };
}
