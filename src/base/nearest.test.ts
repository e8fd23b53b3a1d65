import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  it('finds the key a typing slip away', () => {
    expect(nearest('max_trails', ['timeout', 'max_trials', 'performance_only'])).toBe('max_trials');
    expect(nearest('relatve', ['relative', 'absolute'])).toBe('relative');
    expect(nearest('onnxrt_integer', ['onnxrt_qdq', 'onnxrt_integerops'])).toBe('onnxrt_integerops');
  });

  it('ignores case', () => {
    expect(nearest('mse', ['topk', 'MSE'])).toBe('MSE');
  });

  it('is undefined when nothing is within a third of the length', () => {
    expect(nearest('workspace', ['strategy', 'objective'])).toBeUndefined();
    expect(nearest('abc', ['abxy'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
