/**
 * One item of each list, in the order: fewest distinct items first, then the order of the product (last list fastest).
 * Lists of one item are no choice and do not count. Lazy: the first combinations of a huge product cost nothing more.
 */
export function* combinations<T>(
  lists: readonly (readonly T[])[],
  textOf: (item: T) => string,
): Generator<readonly T[]> {
  const texts = lists.map((list) => (list.length > 1 ? list.map(textOf) : [null]));
  for (let distinct = 0; distinct <= lists.length; distinct++) {
    yield* withDistinct(lists, texts, distinct, [], new Map());
  }
}

/** Depth first; a branch ends as soon as it cannot reach exactly `wanted` distinct texts. */
function* withDistinct<T>(
  lists: readonly (readonly T[])[],
  texts: readonly (readonly (string | null)[])[],
  wanted: number,
  chosen: readonly T[],
  counts: Map<string, number>,
): Generator<readonly T[]> {
  const at = chosen.length;
  if (counts.size + lists.length - at < wanted || counts.size + leastMore(texts.slice(at), counts) > wanted) return;
  const list = lists[at];
  if (list === undefined) {
    yield chosen;
    return;
  }
  for (const [i, item] of list.entries()) {
    const text = texts[at]?.[i] ?? null;
    add(counts, text, 1);
    yield* withDistinct(lists, texts, wanted, [...chosen, item], counts);
    add(counts, text, -1);
  }
}

/** A lower bound of the further texts needed: lists that share nothing with the chosen ones nor with each other. */
function leastMore(texts: readonly (readonly (string | null)[])[], chosen: ReadonlyMap<string, number>): number {
  const covered = new Set<string | null>([null, ...chosen.keys()]);
  let more = 0;
  for (const list of texts) {
    if (list.some((text) => covered.has(text))) continue;
    more++;
    for (const text of list) covered.add(text);
  }
  return more;
}

function add(counts: Map<string, number>, text: string | null, by: 1 | -1): void {
  if (text === null) return;
  const count = (counts.get(text) ?? 0) + by;
  if (count === 0) counts.delete(text);
  else counts.set(text, count);
}
