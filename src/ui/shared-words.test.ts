import { expect, it } from 'vitest';
import { report } from '../../tests/browser/sample-session.ts';
import { sharedOrigin, sharedTerms } from './shared-words.ts';

const { record } = report;

it('tells where a result was made, by processor or graphics card', () => {
  expect(sharedOrigin(record)).toMatch(/2026.*: 2 int8 candidates measured with ONNX Runtime 1\.30\.0 on 1 thread/);
  const runtime = { provider: 'webgpu', version: '1.30.0', threads: 0, device: 'a card' } as const;
  const unfinished = { ...record, header: { ...record.header, runtime }, outcome: null };
  expect(sharedOrigin(unfinished)).toContain('on WebGPU (a card), unfinished.');
});

it('explains scores by metric and samples, and unseen data where there are some', () => {
  const [score] = sharedTerms(record);
  expect(score?.means).toContain('By top-1 accuracy, float and int8 model over the same 4 samples (eval.npz)');
  expect(score?.means).not.toContain('unseen');
  const holdOut = { samples: 60, baselineScore: 1, score: 1, met: true, difference: { mean: 0, halfWidth: 0 } };
  const outcome = record.outcome && { ...record.outcome, holdOut: { ...holdOut, allSamplesScore: null } };
  expect(sharedTerms({ ...record, outcome })[0]?.means).toContain('“On unseen data” is from 60 more samples.');
});
