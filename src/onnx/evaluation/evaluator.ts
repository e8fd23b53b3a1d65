import type { Tensor, TensorData, TensorType } from '../../base/tensor.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';

/** A node whose inputs are all constants. */
export interface Evaluation {
  readonly node: NodeProto;
  /** undefined: an optional input that is absent. */
  readonly inputs: readonly (Tensor | undefined)[];
  /** Type and dims that the one output asked for has, as inferred. */
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly outputIndex: number;
}

/** Computes one output; undefined where it cannot be done exactly enough. */
export type Evaluator = (evaluation: Evaluation) => TensorData | undefined;

/** Evaluators by operator type. */
export type EvaluatorFamily = Readonly<Record<string, Evaluator>>;

/**
 * Elements as numbers; undefined for float16 and for 64-bit integers that a number cannot hold.
 * A view where the elements are numbers already.
 */
export function numbersOf({ type, data }: Tensor): ArrayLike<number> | undefined {
  if (type === 'float16') return undefined;
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  const numbers = Float64Array.from(data, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : undefined;
}

/** Writes numbers into data of any type; false where a 64-bit integer would not be exact. */
export function setNumber(data: TensorData, index: number, value: number): boolean {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (!Number.isSafeInteger(value)) return false;
    data[index] = BigInt(value);
  } else data[index] = value;
  return true;
}

/** The integers of a constant input, else of an attribute that older operator sets have in its place. */
export function integersOf(tensor: Tensor | undefined, attribute: readonly number[] | undefined): number[] | undefined {
  return tensor ? Array.from(tensor.data as ArrayLike<number | bigint>, Number) : attribute && [...attribute];
}
