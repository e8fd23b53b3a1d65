import type { TensorType } from '../../base/tensor.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import type { Dims } from '../value-info.ts';

/** What can be told of a tensor without running the model; what cannot is undefined or null, never a guess. */
export interface InferredTensor {
  readonly type: TensorType | undefined;
  /** null: a size that is not known. */
  readonly dims: Dims | undefined;
  /** Elements in row-major order of small tensors that hold shapes or are computed from them; null: not known. */
  readonly values?: Values | undefined;
}

export type Values = readonly (number | null)[];

export const UNKNOWN: InferredTensor = { type: undefined, dims: undefined };

/** Tensors with more elements are not followed by value. */
export const MAX_VALUES = 64;

/** A node and what is known of its inputs. */
export interface RuleContext {
  readonly node: NodeProto;
  /** `UNKNOWN` for inputs that are absent. */
  input(index: number): InferredTensor;
  has(index: number): boolean;
  /**
   * Integers that newer operator sets take as an input and older ones as an attribute (axes, split, pads …):
   * undefined where neither is given, null where the input is given but not constant.
   */
  integers(index: number, attributeName: string): readonly number[] | null | undefined;
}

/** Gives one entry per output of the node; missing entries count as `UNKNOWN`. */
export type InferenceRule = (context: RuleContext) => readonly InferredTensor[];

/** Rules by operator type. */
export type RuleFamily = Readonly<Record<string, InferenceRule>>;

/** The same rule for several operator types. */
export function forEach(opTypes: readonly string[], rule: InferenceRule): RuleFamily {
  return Object.fromEntries(opTypes.map((opType) => [opType, rule]));
}
