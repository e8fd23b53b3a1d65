const SCAN_STEPS = 40;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const PRECISION = 1e-7;

/**
 * Where a function of one variable is highest between two bounds: the best of 40 even steps, made precise by golden sections
 * between its neighbours. The first of equals.
 */
export function maximize(f: (x: number) => number, low: number, high: number): number {
  const step = (high - low) / (SCAN_STEPS - 1);
  let best = low;
  let highest = -Infinity;
  for (let i = 0; i < SCAN_STEPS; i++) {
    const x = low + i * step;
    const y = f(x);
    if (y > highest) [best, highest] = [x, y];
  }
  return goldenSection(f, Math.max(low, best - step), Math.min(high, best + step));
}

function goldenSection(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  let [left, right] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)];
  let [atLeft, atRight] = [f(left), f(right)];
  while (b - a > PRECISION) {
    if (atLeft >= atRight) {
      [b, right, atRight] = [right, left, atLeft];
      left = b - GOLDEN * (b - a);
      atLeft = f(left);
    } else {
      [a, left, atLeft] = [left, right, atRight];
      right = a + GOLDEN * (b - a);
      atRight = f(right);
    }
  }
  return (a + b) / 2;
}
