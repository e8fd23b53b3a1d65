import type { Graph } from '../graph.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { affineOf, compose, type Affine } from './affine.ts';
import { applyAffine, linearOf, type Linear } from './linear.ts';
import { onlyReader } from './only-reader.ts';
import type { Pass } from './pass.ts';

/**
 * Takes BatchNormalization and arithmetic with a constant per channel into the Conv, ConvTranspose or Gemm before it:
 * between a convolution and its QuantizeLinear they keep both from being fused. Factors are multiplied in float64.
 */
export const FOLD_AFFINE: Pass = {
  name: 'fold-affine',
  run(graph) {
    for (const node of graph.nodes) {
      const linear = linearOf(graph, node);
      if (linear) foldFollowers(graph, linear);
    }
  },
};

function foldFollowers(graph: Graph, linear: Linear): void {
  const folded: NodeProto[] = [];
  let tensor = linear.output;
  let total: Affine | undefined;
  for (;;) {
    const follower = onlyReader(graph, tensor.name);
    const affine = follower && affineOf(graph, follower, tensor);
    if (!affine) break;
    folded.push(follower);
    total = total ? compose(total, affine) : affine;
    tensor = { ...tensor, name: follower.output[0] ?? '' };
  }
  if (!total || !applyAffine(graph, linear, total)) return;
  for (const node of folded) graph.removeNode(node);
  graph.setOutput(linear.node, 0, tensor.name);
}
