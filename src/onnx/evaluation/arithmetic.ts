import { allocate, elementCount } from '../../base/tensor.ts';
import { numbersOf, setNumber, type Evaluator, type EvaluatorFamily } from './evaluator.ts';
import { broadcastStrides, walkStrided } from './strides.ts';

const INTEGER = /int/;

/** Element-wise on one tensor. Computed in float64 and rounded once to the output's type. */
function unary(apply: (value: number) => number): Evaluator {
  return ({ inputs: [input], type, dims }) => {
    const values = input && numbersOf(input);
    if (!values) return undefined;
    const out = allocate(type, elementCount(dims));
    for (let index = 0; index < out.length; index++) {
      if (!setNumber(out, index, apply(values[index] ?? 0))) return undefined;
    }
    return out;
  };
}

/** Element-wise on two tensors with broadcasting. Integers are cut towards zero, as Div has it. */
function binary(apply: (a: number, b: number) => number): Evaluator {
  return ({ inputs: [left, right], type, dims }) => {
    const a = left && numbersOf(left);
    const b = right && numbersOf(right);
    if (!a || !b) return undefined;
    const isInteger = INTEGER.test(type);
    const out = allocate(type, elementCount(dims));
    const places = new Uint32Array(out.length);
    walkStrided(dims, broadcastStrides(right.dims, dims), (offset, index) => (places[index] = offset));
    let isExact = true;
    walkStrided(dims, broadcastStrides(left.dims, dims), (offset, index) => {
      const value = apply(a[offset] ?? 0, b[places[index] ?? 0] ?? 0);
      isExact = setNumber(out, index, isInteger ? Math.trunc(value) : value) && isExact;
    });
    return isExact ? out : undefined;
  };
}

const cast: Evaluator = (evaluation) => {
  const { type } = evaluation;
  if (type === 'bool') return unary((value) => Number(value !== 0))(evaluation);
  if (type === 'float16') return undefined;
  return unary(INTEGER.test(type) ? Math.trunc : (value) => value)(evaluation);
};

const where: Evaluator = ({ inputs: [condition, yes, no], type, dims }) => {
  if (!condition || !yes || !no) return undefined;
  const out = allocate(type, elementCount(dims));
  walkStrided(dims, broadcastStrides(no.dims, dims), (offset, index) => (out[index] = no.data[offset] ?? 0));
  const chosen = new Uint8Array(out.length);
  walkStrided(dims, broadcastStrides(condition.dims, dims), (offset, index) => {
    chosen[index] = Number(condition.data[offset]);
  });
  walkStrided(dims, broadcastStrides(yes.dims, dims), (offset, index) => {
    if (chosen[index]) out[index] = yes.data[offset] ?? 0;
  });
  return out;
};

/** Half to even, as ONNX Round has it. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Element-wise functions. */
export const ARITHMETIC: EvaluatorFamily = {
  Neg: unary((value) => -value),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Reciprocal: unary((value) => 1 / value),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundHalfEven),
  Sign: unary(Math.sign),
  Relu: unary((value) => Math.max(0, value)),
  Sigmoid: unary((value) => 1 / (1 + Math.exp(-value))),
  Tanh: unary(Math.tanh),
  Not: unary((value) => Number(value === 0)),
  Cast: cast,
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Pow: binary((a, b) => a ** b),
  Max: binary(Math.max),
  Min: binary(Math.min),
  Equal: binary((a, b) => Number(a === b)),
  Greater: binary((a, b) => Number(a > b)),
  Less: binary((a, b) => Number(a < b)),
  GreaterOrEqual: binary((a, b) => Number(a >= b)),
  LessOrEqual: binary((a, b) => Number(a <= b)),
  And: binary((a, b) => Number(a !== 0 && b !== 0)),
  Or: binary((a, b) => Number(a !== 0 || b !== 0)),
  Where: where,
};
