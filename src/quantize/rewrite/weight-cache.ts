import type { PreparedModel } from '../prepared-model.ts';
import type { BlockWeight } from '../block-weight.ts';
import type { QuantizedWeight } from '../weight.ts';
import type { StoredWeight } from '../weight-storage.ts';

/** Weights in fewer bits by what decides them, kept from one rewrite to the next of the same model. */
export class WeightCache {
  readonly #quantized = new Map<string, QuantizedWeight>();
  readonly #stored = new Map<string, StoredWeight | null>();
  readonly #blocks = new Map<string, BlockWeight>();

  quantized(key: string, make: () => QuantizedWeight): QuantizedWeight {
    return remember(this.#quantized, key, make);
  }

  /** For a kernel that reads 4-bit codes. */
  blocks(key: string, make: () => BlockWeight): BlockWeight {
    return remember(this.#blocks, key, make);
  }

  /** Null: not worth storing in fewer bits. */
  stored(key: string, make: () => StoredWeight | null): StoredWeight | null {
    return remember(this.#stored, key, make);
  }
}

function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** A cache for each float model: weights that a recipe has changed keep their names. */
export class WeightCaches {
  readonly #caches = new Map<PreparedModel, WeightCache>();

  of(model: PreparedModel): WeightCache {
    const cache = this.#caches.get(model) ?? new WeightCache();
    this.#caches.set(model, cache);
    return cache;
  }
}
