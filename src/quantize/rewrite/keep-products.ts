import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { isWide } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import type { SelectedOp } from './select.ts';

/**
 * Of a MatMul and the Add behind it ONNX Runtime makes one Gemm (MatMulAddFusion), before it looks for codes: where it knows the sizes, an
 * int8 product and its bias would compute in float, behind the codes. A Sum (opset 8) of the two is the same and stays what it is.
 * `inputs`: first activation of each op under its name in the float graph.
 */
export function keepProducts(
  graph: Graph,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  inputs: ReadonlyMap<NodeProto, string>,
  infos: PreparedModel['infos'],
): void {
  for (const [node, { config }] of selected) {
    if (node.opType !== 'MatMul' || config.mode !== 'static' || isWide(config.activation.dtype)) continue;
    const dims = infos.get(inputs.get(node) ?? '')?.dims;
    const hasKnownSize = !dims || dims.length === 2 || !dims.includes(null);
    const [reader, ...others] = graph.consumers(node.output[0] as string);
    if (hasKnownSize && reader?.opType === 'Add' && others.length === 0) reader.opType = 'Sum';
  }
}
