import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seeded random numbers; the same seed gives the same sequence on every platform. */
export interface Rng {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
}

/** The first outputs mirror the seed: seeds that are close would begin alike. */
const SKIPPED_OUTPUTS = 16;

export function createRng(seed: number): Rng {
  const generator = xoroshiro128plus(seed);
  for (let i = 0; i < SKIPPED_OUTPUTS; i++) generator.next();
  const uniform = (): number => {
    const high = generator.next() >>> 6;
    const low = generator.next() >>> 5;
    return (high * 2 ** 27 + low) / 2 ** 53;
  };
  return { uniform, below: (bound) => Math.floor(uniform() * bound) };
}

/** The items in random order (Fisher and Yates). */
export function shuffle<T>(items: readonly T[], rng: Rng): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}
