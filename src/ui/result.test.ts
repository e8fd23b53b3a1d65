import { expect, it } from 'vitest';
import type { SessionOutcome } from '../history/session-record.ts';
import type { Trial } from '../tuning/types.ts';
import { headline, type Result } from './result.ts';

function result(offered: Partial<Trial> | null, stopReason: SessionOutcome['stopReason'] = 'criterion-met'): Result {
  const record = { baseline: { baseline: { sizeBytes: 1000 } }, outcome: { stopReason } };
  return { record, offered } as unknown as Result;
}

it.each([
  [result({ met: true, sizeBytes: 310, latencyRatio: 0.9 }), 'Accuracy kept at 31 % of the size, 1.11× as fast'],
  [result({ met: true, sizeBytes: 310, latencyRatio: 1 }), 'Accuracy kept at 31 % of the size, as fast as float'],
  [result({ met: true, sizeBytes: 310, latencyRatio: null }), 'Accuracy kept at 31 % of the size'],
  [
    result({ met: false, sizeBytes: 310, latencyRatio: null }, 'max-trials'),
    'Not accurate enough yet: the closest model has 31 % of the size',
  ],
  [
    result({ met: true, sizeBytes: 310, latencyRatio: 1.5 }, 'float-recommended'),
    'Keep the float model: int8 is not faster here',
  ],
  [result(null, 'stopped'), 'Stopped before a model was ready'],
  [result(null, 'max-trials'), 'No int8 model was made'],
])('says what the result is worth (%#)', (given, words) => {
  expect(headline(given)).toBe(words);
});
