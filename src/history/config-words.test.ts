import { describe, expect, it } from 'vitest';
import { vocabulary } from '../engine/vocabulary.ts';
import { rangeMethods } from '../quantize/range-methods/registry.ts';
import { defaultSettings } from '../tuning/config/parse.ts';
import { metricOf, metricWords, opWords, RANGE_METHODS, stepWords, strategyWords } from './config-words.ts';

/** What only a configuration says. */
const RAW = /\b(per_tensor|per_channel|minmax|kl|asym|topk)\b|_/;

describe('words of a configuration', () => {
  it('names every metric, strategy and range method of the registries without a term of the YAML', () => {
    const { metrics, strategies } = vocabulary;
    for (const { name } of metrics) expect(metricWords(name)).not.toMatch(RAW);
    for (const { name } of strategies) expect(strategyWords(name)).not.toMatch(RAW);
    for (const { name } of rangeMethods) expect(RANGE_METHODS[name]).not.toMatch(RAW);
  });

  it('says which k a session counts', () => {
    const settings = defaultSettings(vocabulary);
    expect(metricOf({ metric: 'topk', settings })).toBe('top-1 accuracy');
    const accuracy = { ...settings.evaluation.accuracy, metric: { name: 'topk', options: { k: 5 } } };
    const five = { ...settings, evaluation: { ...settings.evaluation, accuracy } };
    expect(metricOf({ metric: 'topk', settings: five })).toBe('top-5 accuracy');
    expect(metricOf({ metric: 'F1 + MAE', settings })).toBe('F1 + mean absolute error');
  });

  it('puts the steps of a search and the forms of an op into words', () => {
    expect(stepWords('int8 where it pays, kl, SmoothQuant 0.5')).toBe(
      'int8 where it pays, KL divergence ranges, SmoothQuant 0.5',
    );
    expect(stepWords('range method minmax by you: /c1/Conv')).toBe('min–max ranges by you: /c1/Conv');
    expect(stepWords('weight storage')).toBe('weight storage');
    expect(opWords('fp32')).toBe('float');
    expect(
      opWords({
        mode: 'static',
        weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
        activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'kl' },
      }),
    ).toBe('int8, static, per channel, KL divergence ranges');
  });
});
