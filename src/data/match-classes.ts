/** Which class of the model each label stands for. */
export interface ClassMatch {
  /** Class of the model by label; every label has one, and no two the same. */
  readonly order: readonly number[];
  /** Share of samples whose label is the answer: matched on one half of them, judged on the other, and the other way round. */
  readonly share: number;
}

/**
 * Matches `labels` (0 … labelCount − 1) with `answers` (0 … classCount − 1, of the same samples in the same, random order): the pair that
 * occurs most often first. Labels that never meet a free answer get the classes that are left, in order. labelCount ≤ classCount.
 */
export function matchClasses(
  labels: readonly number[],
  answers: readonly number[],
  labelCount: number,
  classCount: number,
): ClassMatch {
  const count = (keep: (i: number) => boolean): Float64Array => {
    const counts = new Float64Array(labelCount * classCount);
    labels.forEach((label, i) => {
      const cell = label * classCount + (answers[i] as number);
      if (keep(i)) counts[cell] = (counts[cell] as number) + 1;
    });
    return counts;
  };
  const hits = [0, 1].map((fold) => {
    const order = mostFrequentPairs(
      count((i) => i % 2 === fold),
      labelCount,
      classCount,
    );
    return labels.filter((label, i) => i % 2 !== fold && order[label] === answers[i]).length;
  });
  const share = ((hits[0] ?? 0) + (hits[1] ?? 0)) / Math.max(1, labels.length);
  return {
    order: mostFrequentPairs(
      count(() => true),
      labelCount,
      classCount,
    ),
    share,
  };
}

function mostFrequentPairs(counts: Float64Array, labelCount: number, classCount: number): number[] {
  const order = Array<number>(labelCount).fill(-1);
  const free = new Set(Array.from({ length: classCount }, (_, i) => i));
  const cells = [...counts.keys()].filter((cell) => (counts[cell] as number) > 0);
  cells.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  for (const cell of cells) {
    const [label, answer] = [Math.floor(cell / classCount), cell % classCount];
    if ((order[label] as number) >= 0 || !free.delete(answer)) continue;
    order[label] = answer;
  }
  const left = [...free];
  return order.map((answer) => (answer >= 0 ? answer : (left.shift() as number)));
}
