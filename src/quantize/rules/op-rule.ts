import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { QuantMode } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';

/** What the inputs and the output of an op are when it computes in int8 between DequantizeLinear and QuantizeLinear. */
export interface OpRoles {
  /** Input indices of activations. */
  readonly activations: readonly number[];
  /** A constant weight; `axis`: its output channels, null where only one scale for all is legal. */
  readonly weight?: { readonly index: number; readonly axis: number | null };
  /** Input index of a constant bias that becomes int32. */
  readonly bias?: number;
  /** `own`: its range is calibrated; `shared`: input and output have one scale and zero point. */
  readonly output: 'own' | 'shared';
  /** The integer kernel can write float: no QuantizeLinear needed behind it. */
  readonly floatOutput: boolean;
  readonly modes: readonly QuantMode[];
  /** Follows its neighbours instead of being a choice. */
  readonly glue: boolean;
  /** Why int8 is slower than float here on WASM; absent where it pays. */
  readonly slower?: string;
}

/** What one op type can be in int8 on the WASM provider. One file and one line in `registry.ts`. */
export interface OpRule {
  readonly opTypes: readonly string[];
  /** The roles, or in plain words why this node can only compute in float. */
  roles(node: NodeProto, model: PreparedModel): OpRoles | string;
}

export function isConstant(model: PreparedModel, tensor: string | undefined): boolean {
  return tensor !== undefined && model.graph.initializer(tensor) !== undefined;
}

export function isFloat(model: PreparedModel, tensor: string | undefined): boolean {
  return tensor !== undefined && model.infos.get(tensor)?.type === 'float32';
}

/** Rank of a tensor, undefined where inference could not tell. */
export function rankOf(model: PreparedModel, tensor: string): number | undefined {
  return model.graph.initializer(tensor)?.dims.length ?? model.infos.get(tensor)?.dims?.length;
}
