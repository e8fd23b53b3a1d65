import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoxGraph } from './blocks.ts';
import { layoutGraph } from './layout.ts';
import type { PlacedBox } from './placed.ts';

function graphOf(count: number, edges: BoxGraph['edges']): BoxGraph {
  return { boxes: Array.from({ length: count }, (_, i) => ({ id: `#${i}`, ops: [i], block: null })), edges };
}

const sizes = (count: number) => Array.from({ length: count }, (_, i) => ({ width: 60 + (i % 3) * 30, height: 36 }));
const overlap = (a: PlacedBox, b: PlacedBox): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('layoutGraph', () => {
  it('stacks a chain in one column', () => {
    const { boxes, width } = layoutGraph(graphOf(4, [[0, 1], [1, 2], [2, 3]]), sizes(4)); // prettier-ignore
    const centers = boxes.map(({ x, width: wide }) => x + wide / 2);
    expect(new Set(centers.map((center) => center.toFixed(3))).size).toBe(1);
    expect(boxes.map(({ y }) => y)).toEqual([...boxes.map(({ y }) => y)].sort((a, b) => a - b));
    expect(width).toBeCloseTo(120);
  });

  it('leads a skip connection round the boxes in between', () => {
    const { boxes, paths } = layoutGraph(graphOf(3, [[0, 1], [1, 2], [0, 2]]), sizes(3)); // prettier-ignore
    const points = [...(paths[2] ?? '').matchAll(/(-?[\d.]+) (-?[\d.]+)(?=C|$)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    const lane = points[1] as [number, number];
    const middle = boxes[1] as PlacedBox;
    expect(lane[1]).toBeCloseTo(middle.y);
    expect(lane[0] < middle.x || lane[0] > middle.x + middle.width).toBe(true);
  });

  it('puts readers below writers and no box over another, whatever the graph', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 40 })
          .chain((count) =>
            fc.tuple(fc.constant(count), fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 80 })),
          ),
        ([count, pairs]) => {
          const edges = pairs.filter(([a, b]) => a < b);
          const { boxes, width, height, paths } = layoutGraph(graphOf(count, edges), sizes(count));
          for (const [from, to] of edges)
            expect((boxes[from] as PlacedBox).y + 36).toBeLessThan((boxes[to] as PlacedBox).y);
          boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
          for (const { x, y } of boxes) expect(x >= -1e-6 && x <= width && y >= 0 && y <= height).toBe(true);
          expect(paths.join('')).not.toContain('NaN');
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('draws blocks that read each other in turns', () => {
    const { boxes } = layoutGraph(graphOf(3, [[0, 1], [1, 0], [1, 2]]), sizes(3)); // prettier-ignore
    expect(overlap(boxes[0] as PlacedBox, boxes[1] as PlacedBox)).toBe(false);
  });
});
