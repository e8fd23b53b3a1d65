import { expect, it } from 'vitest';
import type { SessionSummary } from '../history/session-database.ts';
import { keepingWords, storageUse } from './storage-words.ts';

const session = (sizeBytes: number, restorableUntil: string | null = null): SessionSummary => ({
  id: String(sizeBytes),
  name: 'model',
  startedAt: '2026-01-01T00:00:00Z',
  trials: 0,
  finished: true,
  baselineScore: null,
  score: null,
  higherIsBetter: true,
  sizeBytes,
  restorableUntil,
});

it('tells what sessions take of what is allowed; deleted ones take nothing', () => {
  const sessions = [session(2e6), session(3e6), session(50e6, '2026-01-01T00:10:00Z')];
  expect(storageUse(sessions, 60e6, 2e9)).toEqual({
    words: '2 sessions take 5.00 MB. Octet takes 10.00 MB in all, of 2.00 GB that this browser allows.',
    isScarce: false,
  });
  expect(storageUse(sessions.slice(0, 1), 90e6, 100e6)).toEqual({
    words: '1 session takes 2.00 MB. Octet takes 90.00 MB in all, of 100.00 MB that this browser allows.',
    isScarce: true,
  });
});

it('tells of the sessions alone where the browser says nothing, and trusts them over an old estimate', () => {
  expect(storageUse([session(2e6)], null, null)).toEqual({ words: '1 session takes 2.00 MB.', isScarce: false });
  expect(storageUse([], 1e6, 1e9).words).toBe('Octet takes 1.00 MB in all, of 1.00 GB that this browser allows.');
  expect(storageUse([session(2e6)], 1e6, 1e9).words).toContain('Octet takes 2.00 MB in all');
});

it('says what becomes of sessions that are not on disk, and what cures it', () => {
  expect(keepingWords('refused', 0)).toEqual({
    what: 'This browser keeps nothing for this page.',
    then: 'Tuning works all the same. Sessions will be gone when the tab closes: download the result, or export the session. To keep sessions, allow site data for this page or leave the private window.',
  });
  expect(keepingWords(null, 1)).toEqual({
    what: 'The browser has no room left for this page.',
    then: 'Tuning works all the same. This session will be gone when the tab closes: download the result, or export the session. To make room, delete earlier sessions.',
  });
  expect(keepingWords('cleared', 1)).toEqual({
    what: 'The data of this page were cleared while it was open: the sessions that were kept are gone.',
    then: 'Tuning works all the same. This session will be gone when the tab closes: download the result. Reload the page to keep new sessions.',
  });
  expect(keepingWords('superseded', 0).what).toBe(
    'A newer version of Octet has taken over the sessions in another tab.',
  );
});
