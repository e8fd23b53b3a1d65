import type { Warning } from '../../base/fault-codes.ts';
import type { Fault } from '../../base/fault.ts';
import type { Remark } from './editor.ts';

/** What reading a configuration said, each at its line; without a place it belongs to the first. */
export function remarksOf(warnings: readonly Warning[], fault: Fault | null): Remark[] {
  const found = warnings.map(({ message, place }): Remark => ({ line: lineOf(place), severity: 'warning', message }));
  if (!fault) return found;
  const { message, place, found: what, accepted, next } = fault.details;
  const more = [what && `Found: ${what}.`, accepted && `Accepted: ${accepted}.`, next].filter(Boolean).join(' ');
  return [...found, { line: lineOf(place), severity: 'error', message: `${message} ${more}`.trim() }];
}

function lineOf(place: string | undefined): number {
  return Number(/^line (\d+)/.exec(place ?? '')?.[1] ?? 1);
}
