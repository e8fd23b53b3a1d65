import { describe, expect, it } from 'vitest';
import type { Trial } from '../tuning/types.ts';
import { trialsCsv } from './trials-csv.ts';

const trial: Trial = {
  number: 0,
  stage: 'fallback, of "fc"',
  config: { ops: { a: 'fp32' }, weightStorage: 'auto', samplingSize: 100 },
  status: 'complete',
  score: 0.75,
  met: true,
  samplesEvaluated: 50,
  sizeBytes: 1234,
  footprintBytes: 900,
  latencyMs: 1.5,
  latencyRatio: null,
  difference: { mean: -0.01, halfWidth: 0.02 },
  seconds: 2,
  modelSha256: 'abc',
};

describe('trialsCsv', () => {
  it('writes a header and one row per trial, quoted as RFC 4180 says', () => {
    const text = trialsCsv({ trials: [trial], outcome: { best: 0, pareto: [0] } });
    const [header, row, end] = text.split('\r\n');
    expect(header).toMatch(/^number,stage,status,met,score,difference,/);
    expect(row).toBe('0,"fallback, of ""fc""",complete,true,0.75,-0.01,0.02,1234,900,1.5,,,50,2,0,100,abc,,true,true');
    expect(end).toBe('');
  });

  it('keeps line breaks within their field, and formulas from being run', () => {
    const text = trialsCsv({ trials: [{ ...trial, stage: '=1+1', reason: 'a\r\nb' }], outcome: null });
    expect(text).toContain("0,'=1+1,complete");
    expect(text).toContain('"a\r\nb"');
    expect(text).toMatch(/,false,false\r\n$/);
  });
});
