import type { Tensor } from '../../base/tensor.ts';
import type { TensorMap } from './run-model.ts';

/** Largest absolute difference divided by the spread (max − min) of `expected`; infinite where shapes or NaN differ. */
export function relativeDifference(actual: Tensor | undefined, expected: Tensor): number {
  if (!actual || actual.dims.join() !== expected.dims.join()) return Infinity;
  const [a, b] = [numbers(actual), numbers(expected)];
  let [low, high, worst] = [Infinity, -Infinity, 0];
  b.forEach((value, index) => {
    const other = a[index] ?? NaN;
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (!Object.is(other, value) && other !== value) worst = Math.max(worst, finite(Math.abs(other - value)));
  });
  return worst === 0 ? 0 : worst / Math.max(high - low, Math.abs(high), 1e-30);
}

/** The worst of `relativeDifference` over all outputs of `expected`. */
export function worstDifference(actual: TensorMap, expected: TensorMap): number {
  return Math.max(...Object.entries(expected).map(([name, tensor]) => relativeDifference(actual[name], tensor)));
}

function numbers(tensor: Tensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Infinity;
}
