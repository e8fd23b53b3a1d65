import type { SessionSummary } from '../history/session-database.ts';
import { counted, formatSize } from './format.ts';
import type { Unkept } from './state/keeping.svelte.ts';

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

const NEW_ONES = 'Reload the page to keep new sessions.';

/** What happened, and what cures it. */
const UNKEPT: Readonly<Record<Unkept | 'full', { readonly what: string; readonly cure: string }>> = {
  refused: {
    what: 'This browser keeps nothing for this page.',
    cure: 'To keep sessions, allow site data for this page or leave the private window.',
  },
  full: { what: 'The browser has no room left for this page.', cure: 'To make room, delete earlier sessions.' },
  cleared: {
    what: 'The data of this page were cleared while it was open: the sessions that were kept are gone.',
    cure: NEW_ONES,
  },
  superseded: { what: 'A newer version of Octet has taken over the sessions in another tab.', cure: NEW_ONES },
};

/**
 * What the user must know where sessions are not on disk. `unkept`: null where only the room is missing. `sessions`: how many, at
 * least in part, are in this tab alone.
 */
export function keepingWords(
  unkept: Unkept | null,
  sessions: number,
): { readonly what: string; readonly then: string } {
  const they = sessions === 1 ? 'This session' : 'Sessions';
  const isWhole = unkept !== 'cleared' && unkept !== 'superseded';
  const rescue = isWhole ? 'download the result, or export the session' : 'download the result';
  const { what, cure } = UNKEPT[unkept ?? 'full'];
  return {
    what,
    then: `Tuning works all the same. ${they} will be gone when the tab closes: ${rescue}. ${cure}`,
  };
}
