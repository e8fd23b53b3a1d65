import type { TensorType } from '../base/tensor.ts';
import type { Graph } from '../onnx/graph.ts';

/** Element type and dims of a tensor, as far as inference could tell. */
export interface TensorInfo {
  readonly type: TensorType | undefined;
  readonly dims: readonly (number | null)[] | undefined;
}

/** A cleaned float model and what is known of its tensors at batch 1: what capability and rewrite work on. Never edited. */
export interface PreparedModel {
  readonly graph: Graph;
  readonly infos: ReadonlyMap<string, TensorInfo>;
}
