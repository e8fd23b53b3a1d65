import type { Rng } from '../base/rng.ts';
import type { Dataset } from './dataset.ts';
import { pick } from './pick.ts';

/** Without a wish of the user's, this share is held out … */
export const HOLD_OUT_SHARE = 0.2;
/** … where there are at least this many samples: of fewer, every one is needed to judge by. */
export const HOLD_OUT_FROM = 500;

export interface Split {
  /** What trials are judged by, in the order given. */
  readonly rest: Dataset;
  /** What no trial sees; null where nothing is held out. */
  readonly heldOut: Dataset | null;
}

/**
 * Holds out `share` (0 … 0.9; null: the default) of the samples: one, drawn by `rng`, out of each of equally long stretches,
 * so that data in order of their classes stay as they are mixed. At least one sample stays.
 */
export function holdOut(dataset: Dataset, share: number | null, rng: Rng): Split {
  const wanted = share ?? (dataset.count >= HOLD_OUT_FROM ? HOLD_OUT_SHARE : 0);
  const count = Math.min(Math.round(dataset.count * wanted), dataset.count - 1);
  if (count <= 0) return { rest: dataset, heldOut: null };
  const chosen = new Set<number>();
  for (let i = 0; i < count; i++) {
    const start = Math.floor((i * dataset.count) / count);
    const end = Math.floor(((i + 1) * dataset.count) / count);
    chosen.add(start + rng.below(end - start));
  }
  const numbers = Array.from({ length: dataset.count }, (_, i) => i);
  return {
    rest: pick(
      dataset,
      numbers.filter((i) => !chosen.has(i)),
    ),
    heldOut: pick(
      dataset,
      numbers.filter((i) => chosen.has(i)),
    ),
  };
}
