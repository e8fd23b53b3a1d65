import type { SessionSummary } from '../history/session-database.ts';
import { counted, formatSize } from './format.ts';

export interface StorageUse {
  /** What the sessions in the list hold, and all that is used of what is allowed, in a sentence or two. */
  readonly words: string;
  /** Whether the next session may find no room. */
  readonly isScarce: boolean;
}

/** More than this share of the quota is scarce. */
const SCARCE = 0.8;

/** Deleted sessions that can still be brought back count as gone. */
export function storageUse(
  sessions: readonly SessionSummary[],
  usedBytes: number | null,
  quotaBytes: number | null,
): StorageUse {
  const sum = (some: readonly SessionSummary[]): number => some.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const kept = sessions.filter(({ restorableUntil }) => restorableUntil === null);
  const deleted = sessions.filter(({ restorableUntil }) => restorableUntil !== null);
  const many = `${counted(kept.length, 'session')} ${kept.length === 1 ? 'takes' : 'take'} ${formatSize(sum(kept))}.`;
  const own = kept.length === 0 ? '' : many;
  if (usedBytes === null || quotaBytes === null) return { words: own, isScarce: false };
  const used = Math.max(sum(kept), usedBytes - sum(deleted));
  return {
    words:
      `${own} Octet takes ${formatSize(used)} in all, of ${formatSize(quotaBytes)} that this browser allows.`.trim(),
    isScarce: used > SCARCE * quotaBytes,
  };
}

/** What the user must know where sessions are not on disk. `sessions`: how many, at least in part, are in this tab alone. */
export function keepingWords(isRefused: boolean, sessions: number): { readonly what: string; readonly then: string } {
  const they = sessions === 1 ? 'This session' : 'Sessions';
  const cure = isRefused
    ? 'To keep sessions, allow site data for this page or leave the private window.'
    : 'To make room, delete earlier sessions.';
  return {
    what: isRefused ? 'This browser keeps nothing for this page.' : 'The browser has no room left for this page.',
    then: `Tuning works all the same. ${they} will be gone when the tab closes: download the result, or export the session. ${cure}`,
  };
}
