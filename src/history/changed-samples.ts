import { fromBase64, toBase64 } from '../base/base64.ts';
import type { SessionRecord } from './session-record.ts';

/** How a sample that a trial's model answers otherwise than float fared under the (first) metric. */
export type ChangeKind = 'worse' | 'better' | 'otherwise';

/** A note of the journal, by the model's hash: what a complete trial changed against the float model. */
export interface ChangedSamples {
  readonly format: 'octet-changes/1';
  readonly samples: number;
  readonly worse: number;
  readonly better: number;
  /** Another class of the same value; null where the classes of one of the models are not known. */
  readonly otherwise: number | null;
  /** Which samples; see `packChanges`. Null where they are too many to keep. */
  readonly packed: string | null;
}

/** Bytes of one trial's list at the most: a session may have a thousand trials. */
const MOST_BYTES = 3000;
const KINDS: readonly ChangeKind[] = ['worse', 'better', 'otherwise'];
const CONTINUES = 0x80;

/**
 * Samples as base64: for each, in ascending order, (its distance to the one before · 3 + its kind) in groups of 7 bits, the
 * lowest first. Null beyond 3000 bytes.
 */
export function packChanges(changes: ReadonlyMap<number, ChangeKind>): string | null {
  const bytes: number[] = [];
  let last = 0;
  for (const [sample, kind] of [...changes].sort(([a], [b]) => a - b)) {
    let left = (sample - last) * KINDS.length + KINDS.indexOf(kind);
    last = sample;
    for (; left >= CONTINUES; left = Math.floor(left / CONTINUES)) bytes.push((left % CONTINUES) | CONTINUES);
    bytes.push(left);
  }
  return bytes.length > MOST_BYTES ? null : toBase64(Uint8Array.from(bytes));
}

export function unpackChanges(packed: string): Map<number, ChangeKind> {
  const changes = new Map<number, ChangeKind>();
  let [sample, value, scale] = [0, 0, 1];
  for (const byte of fromBase64(packed)) {
    value += (byte % CONTINUES) * scale;
    scale *= CONTINUES;
    if (byte >= CONTINUES) continue;
    sample += Math.floor(value / KINDS.length);
    changes.set(sample, KINDS[value % KINDS.length] ?? 'otherwise');
    [value, scale] = [0, 1];
  }
  return changes;
}

export function changesKey(modelSha256: string): string {
  return `changes ${modelSha256}`;
}

/** Null for trials that ran on a part of the samples, and in sessions of early versions. */
export function changedSamples(
  { notes }: Pick<SessionRecord, 'notes'>,
  modelSha256: string | null,
): ChangedSamples | null {
  return (notes[changesKey(modelSha256 ?? '')] as unknown as ChangedSamples | undefined) ?? null;
}
