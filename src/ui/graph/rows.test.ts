import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoxGraph } from './blocks.ts';
import { layoutGraph } from './layout.ts';
import type { PlacedBox } from './placed.ts';
import { layoutRows } from './rows.ts';
import { growth } from './testing/growth.ts';

const ROOM = 1100;
/** From 1000 to 5000 ops. */
const QUADRATIC = 25;

function graphOf(count: number, edges: BoxGraph['edges']): BoxGraph {
  return { boxes: Array.from({ length: count }, (_, i) => ({ id: `#${i}`, ops: [i], block: null })), edges };
}

function chain(count: number): BoxGraph {
  return graphOf(
    count,
    Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const),
  );
}

const sizes = (count: number) => Array.from({ length: count }, (_, i) => ({ width: 60 + (i % 3) * 30, height: 40 }));
const overlap = (a: PlacedBox, b: PlacedBox): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('layoutRows', () => {
  it('draws a short chain as one line', () => {
    const { boxes, height, width } = layoutGraph(chain(8), sizes(8), ROOM);
    expect(new Set(boxes.map(({ y }) => y))).toEqual(new Set([0]));
    expect(boxes.map(({ x }) => x)).toEqual(boxes.map(({ x }) => x).toSorted((a, b) => a - b));
    expect(height).toBe(40);
    expect(width).toBeGreaterThan(ROOM / 2);
  });

  it('draws a long chain in lines of about one length, read from left to right', () => {
    const { boxes, width } = layoutGraph(chain(100), sizes(100), ROOM);
    const rows = [...new Set(boxes.map(({ y }) => y))];
    expect(rows).toHaveLength(12);
    expect(width).toBeGreaterThan(0.9 * ROOM);
    expect(width).toBeLessThanOrEqual(ROOM);
    boxes.slice(1).forEach((box, i) => {
      const before = boxes[i] as PlacedBox;
      expect(box.y > before.y || box.x > before.x + before.width).toBe(true);
    });
  });

  it('stays a column in a narrow place, and where it is broad anyway', () => {
    expect(layoutGraph(chain(8), sizes(8), 330)).toEqual(layoutGraph(chain(8), sizes(8)));
    const fan = graphOf(13, [...Array.from({ length: 12 }, (_, i) => [0, i + 1] as const)]);
    expect(layoutGraph(fan, sizes(13), ROOM)).toEqual(layoutGraph(fan, sizes(13)));
  });

  it('ends a row where a block ends rather than in its middle', () => {
    // Blocks of six layers with a skip connection over the four in the middle.
    const edges = Array.from({ length: 36 }, (_, i): [number, number][] => [
      ...(i > 0 ? [[i - 1, i] as [number, number]] : []),
      ...(i % 6 === 5 ? [[i - 5, i] as [number, number]] : []),
    ]).flat();
    const { boxes } = layoutRows(graphOf(36, edges), sizes(36), ROOM);
    const starts = boxes.flatMap(({ x }, i) => (i > 0 && x < (boxes[i - 1] as PlacedBox).x ? [i] : []));
    expect(starts.length).toBeGreaterThan(1);
    for (const start of starts) expect(start % 6).toBe(0);
  });

  it('puts no box over another and all of them into the room, whatever the graph', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 60 })
          .chain((count) =>
            fc.tuple(fc.constant(count), fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 90 })),
          ),
        ([count, pairs]) => {
          const edges = pairs.filter(([a, b]) => a < b);
          const { boxes, width, height, paths } = layoutRows(graphOf(count, edges), sizes(count), ROOM);
          boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
          expect(width).toBeLessThanOrEqual(ROOM);
          for (const { x, y, ...size } of boxes) {
            expect(x >= 0 && x + size.width <= width && y > -1e-6 && y + size.height <= height + 1e-6).toBe(true);
          }
          for (const [from, to] of edges) {
            const [writer, reader] = [boxes[from] as PlacedBox, boxes[to] as PlacedBox];
            expect(reader.x >= writer.x + writer.width || reader.y + 1e-6 >= writer.y + writer.height).toBe(true);
          }
          expect(paths.join('')).not.toMatch(/NaN|undefined/);
          expect(paths).toHaveLength(edges.length);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('takes time in proportion to the ops', () => {
    const edges = (count: number): [number, number][] =>
      Array.from({ length: count }, (_, i): [number, number][] => [
        ...(i > 0 ? [[i - 1, i] as [number, number]] : []),
        ...(i > 6 && i % 5 === 0 ? [[i - 6, i] as [number, number]] : []),
      ]).flat();
    const layOut = (count: number): unknown => layoutGraph(graphOf(count, edges(count)), sizes(count), ROOM);
    expect(growth(layOut, 1000, 5000, () => performance.now())).toBeLessThan(QUADRATIC / 2);
  });
});
