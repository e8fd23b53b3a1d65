import { describe, expect, it } from 'vitest';
import { buildModel } from '../testing/build-model.ts';
import { OUTLIER_RATIO, outlierChannels, unequalWeights } from './diagnosis.ts';

const model = buildModel({
  inputs: { x: [4, 8] },
  outputs: ['y', 'z'],
  weights: {
    g1: [8],
    g2: [8],
    w1: [8, 6],
    w2: { dims: [6, 3], values: Array.from({ length: 18 }, (_, i) => (i < 3 ? 40 : 1)) },
    w3: [8, 4],
  },
  nodes: [
    { opType: 'LayerNormalization', input: ['x', 'g1'], output: ['n1'] },
    { opType: 'MatMul', input: ['n1', 'w1'], output: ['h'] },
    { opType: 'Relu', input: ['h'], output: ['r'] },
    { opType: 'MatMul', input: ['r', 'w2'], output: ['y'] },
    { opType: 'LayerNormalization', input: ['x', 'g2'], output: ['n2'] },
    { opType: 'MatMul', input: ['n2', 'w3'], output: ['z'] },
  ],
});

describe('diagnosis', () => {
  it('tells loud channels of activations from even ones, the loudest first', () => {
    const loudest = {
      n1: [1, 1.5, 0.8, 1, 1.2, 1, 0, 1],
      n2: [1, 1, 60, 1, 1.1, 0.9, 1, 1],
      x: [99, 1, 1, 1, 1, 1, 1, 1],
    };
    expect(outlierChannels(model, loudest)).toEqual([
      { tensor: 'n2', op: 'MatMul_5', ratio: 60 },
      { tensor: 'n1', op: 'MatMul_1', ratio: 1.5 },
    ]);
    expect(OUTLIER_RATIO).toBeGreaterThan(1.5);
    expect(OUTLIER_RATIO).toBeLessThan(60);
  });

  it('finds layers with unequal channels from the weights alone', () => {
    expect(unequalWeights(model)).toEqual([{ tensor: 'h', op: 'MatMul_3', ratio: 40 }]);
  });
});
