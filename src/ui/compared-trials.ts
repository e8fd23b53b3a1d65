import type { Trial } from '../tuning/types.ts';

export const MOST_COMPARED = 4;

/**
 * Trials that stand side by side: those that the user has chosen, made two by the offered one or else by the first that there
 * is. Numbers, the lowest first.
 */
export function comparedTrials(
  chosen: readonly number[],
  trials: readonly Pick<Trial, 'number'>[],
  offered: number | null,
): number[] {
  const known = new Set(trials.map(({ number }) => number));
  const wanted = [...chosen, ...(offered === null ? [] : [offered]), ...known].filter((number) => known.has(number));
  const count = Math.min(MOST_COMPARED, Math.max(2, chosen.filter((number) => known.has(number)).length));
  return [...new Set(wanted)].slice(0, count).sort((a, b) => a - b);
}

/** With `number` where it was not chosen and there is room for it, without it where it was. The lowest first. */
export function toggled(chosen: readonly number[], number: number): readonly number[] {
  if (chosen.includes(number)) return chosen.filter((other) => other !== number);
  return chosen.length < MOST_COMPARED ? [...chosen, number].sort((a, b) => a - b) : chosen;
}
