import type { Clock } from '../../../base/clock.ts';

/** Runs of each size; the shortest one is the one that other work disturbed least. */
const RUNS = 3;

/** How many times longer a piece of work takes at `large` than at `small`, in turns: 1 per unit of size where it grows in proportion. */
export function growth(work: (size: number) => void, small: number, large: number, clock: Clock): number {
  const shortest = { small: Infinity, large: Infinity };
  const timed = (size: number): number => {
    const started = clock();
    work(size);
    return clock() - started;
  };
  for (let i = 0; i < RUNS; i++) {
    shortest.small = Math.min(shortest.small, timed(small));
    shortest.large = Math.min(shortest.large, timed(large));
  }
  return shortest.large / shortest.small;
}
