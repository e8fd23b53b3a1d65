/** One thing that an item can be. */
export interface KnapsackOption {
  readonly loss: number;
  readonly cost: number;
}

/** A set of choices on the path: which option each item has, and what they lose and cost together. */
export interface KnapsackStep extends KnapsackOption {
  readonly choice: readonly number[];
}

/**
 * Multiple-choice knapsack by its Lagrangian: every item keeps the lower convex hull of its options in (loss, cost), and hull steps
 * are taken by cost saved per loss, largest first. Each step is optimal for its own loss; between two steps the gap is less than
 * one hull step. The first step has every item at its least loss.
 */
export function knapsackPath(items: readonly (readonly KnapsackOption[])[]): KnapsackStep[] {
  const hulls = items.map(lowerHull);
  const steps = hulls.flatMap((hull, item) =>
    hull.slice(1).map((to, i) => {
      const [a, b] = [items[item]?.[hull[i] as number], items[item]?.[to]] as [KnapsackOption, KnapsackOption];
      return { item, to, slope: (a.cost - b.cost) / (b.loss - a.loss), loss: b.loss - a.loss, cost: b.cost - a.cost };
    }),
  );
  steps.sort((a, b) => b.slope - a.slope);
  const choice = hulls.map((hull) => hull[0] as number);
  const chosen = choice.map((option, item) => items[item]?.[option] as KnapsackOption);
  let at: KnapsackStep = {
    choice: [...choice],
    loss: chosen.reduce((sum, { loss }) => sum + loss, 0),
    cost: chosen.reduce((sum, { cost }) => sum + cost, 0),
  };
  const path = [at];
  for (const { item, to, loss, cost } of steps) {
    at = { choice: at.choice.with(item, to), loss: at.loss + loss, cost: at.cost + cost };
    path.push(at);
  }
  return path;
}

/** Indices of the options on the lower left hull, least loss first. */
function lowerHull(options: readonly KnapsackOption[]): number[] {
  const order = [...options.keys()].sort((a, b) => {
    const [left, right] = [options[a] as KnapsackOption, options[b] as KnapsackOption];
    return left.loss - right.loss || left.cost - right.cost;
  });
  const hull: number[] = [];
  for (const index of order) {
    const { loss, cost } = options[index] as KnapsackOption;
    const last = options[hull.at(-1) ?? -1];
    if (last && (cost >= last.cost || loss === last.loss)) continue;
    while (hull.length > 1) {
      const [before, middle] = hull.slice(-2).map((at) => options[at]) as [KnapsackOption, KnapsackOption];
      const isBelow =
        (middle.cost - before.cost) * (loss - before.loss) <= (cost - before.cost) * (middle.loss - before.loss);
      if (isBelow) break;
      hull.pop();
    }
    hull.push(index);
  }
  return hull;
}
