import { attribute, floatAttribute, removeAttribute } from '../attributes.ts';
import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { floatConstant } from './affine.ts';
import { replaceConstant } from './linear.ts';
import type { Pass } from './pass.ts';

/** Multiplies alpha and beta of a Gemm into its constants: the integer kernel wants both to be 1. */
export const FOLD_GEMM_FACTORS: Pass = {
  name: 'fold-gemm-factors',
  run(graph) {
    for (const node of graph.nodes) {
      if (!isOperator(node, 'Gemm')) continue;
      foldFactor(graph, node, 'alpha', [1, 0]);
      foldFactor(graph, node, 'beta', [2]);
    }
  },
};

/** Into the first of these inputs that is constant; a factor of an absent input means nothing. */
function foldFactor(graph: Graph, node: NodeProto, name: string, inputs: readonly number[]): void {
  if (!attribute(node, name)) return;
  const factor = floatAttribute(node, name, 1);
  if (factor !== 1 && inputs.some((index) => node.input[index])) {
    const constants = inputs.flatMap((index) => {
      const constant = floatConstant(graph, node.input[index] ?? '');
      return constant ? [{ index, ...constant }] : [];
    });
    const [constant] = constants;
    if (!constant) return;
    replaceConstant(graph, node, constant.index, {
      dims: constant.dims,
      values: constant.values.map((value) => value * factor),
    });
  }
  removeAttribute(node, name);
}
