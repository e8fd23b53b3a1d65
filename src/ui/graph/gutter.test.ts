import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoxGraph } from './blocks.ts';
import { gutterLanes } from './gutter.ts';
import { layoutGraph } from './layout.ts';
import type { Layout } from './placed.ts';
import { growth } from './testing/growth.ts';

const ROOM = 1100;
/** From 1000 to 5000 ops. */
const QUADRATIC = 25;

type Edge = readonly [number, number];

/** A chain with more edges, in boxes of a few widths. */
function laidOut(count: number, more: readonly Edge[], room: number): Layout {
  const chain = Array.from({ length: count - 1 }, (_, i): Edge => [i, i + 1]);
  const graph: BoxGraph = {
    boxes: Array.from({ length: count }, (_, i) => ({ id: `#${i}`, ops: [i], block: null })),
    edges: [...chain, ...more],
  };
  const sizes = graph.boxes.map((_, i) => ({ width: 64 + (i % 3) * 30, height: 40 }));
  return layoutGraph(graph, sizes, room);
}

/** Corners of a path, those that are rounded included. */
function corners(path: string): [number, number][] {
  return [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

/** Boxes that the inside of a path runs over. */
function boxesUnder(path: string, { boxes }: Layout): number[] {
  const points = corners(path);
  return boxes.flatMap((box, i) => {
    const isOver = points.slice(1).some(([x1, y1], at) => {
      const [x0, y0] = points[at] as [number, number];
      return (
        Math.max(x0, x1) > box.x + 0.2 &&
        Math.min(x0, x1) < box.x + box.width - 0.2 &&
        Math.max(y0, y1) > box.y + 0.2 &&
        Math.min(y0, y1) < box.y + box.height - 0.2
      );
    });
    return isOver ? [i] : [];
  });
}

describe('gutterLanes', () => {
  it('gives a lane to each writer, and takes one again where it is free', () => {
    const { laneOf, count } = gutterLanes([
      { writer: 0, from: 0, to: 70 },
      { writer: 0, from: 0, to: 90 },
      { writer: 1, from: 80, to: 160 },
      { writer: 2, from: 91, to: 170 },
    ]);
    expect(count).toBe(2);
    expect([0, 1, 2].map((writer) => laneOf.get(writer))).toEqual([0, 1, 0]);
  });
});

describe.each([
  ['a column', 330],
  ['lines', ROOM],
])('edges over many layers of %s', (_, room) => {
  it('run beside the boxes, over none of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(320), fc.integer({ min: 62, max: 200 })), { minLength: 1, maxLength: 12 }),
        (skips) => {
          const count = 400;
          const more = skips.flatMap(([from, over]): Edge[] => (from + over < count ? [[from, from + over]] : []));
          const layout = laidOut(count, more, room);
          for (const [i, [from, to]] of more.entries()) {
            const path = layout.paths[count - 1 + i] ?? '';
            expect(path).not.toMatch(/NaN|undefined|C/);
            expect(boxesUnder(path, layout), `${from} → ${to}`).toEqual([]);
            const points = corners(path);
            const [start, end] = [points[0], points.at(-1)] as [[number, number], [number, number]];
            const [writer, reader] = [layout.boxes[from], layout.boxes[to]];
            if (!writer || !reader) throw new Error('no box');
            expect(start[0] - 1e-6 <= writer.x + writer.width + 0.1 && start[1] <= writer.y + writer.height + 0.1).toBe(
              true,
            );
            expect(end[0] >= reader.x - 0.1 && end[1] >= reader.y - 0.1).toBe(true);
            for (const [x, y] of points) {
              expect(x >= 0 && x <= layout.width + 0.1 && y >= 0 && y <= layout.height + 0.1).toBe(true);
            }
          }
          expect(layout.width).toBeLessThanOrEqual(Math.max(room, 330));
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it('keep the chain between them straight', () => {
    const straight = laidOut(300, [], room);
    const skipped = laidOut(300, [[2, 290]], room);
    const lines = ({ boxes }: Layout): number =>
      new Set(boxes.map(({ y, height }) => (y + height / 2).toFixed(1))).size;
    expect(lines(skipped)).toBeLessThanOrEqual(lines(straight) + 1);
  });

  it('take time in proportion to the ops, however many there are', () => {
    // One mask that every fiftieth layer reads, and a skip over 80 layers at every fifth op.
    const more = (count: number): Edge[] => [
      ...Array.from({ length: count / 50 }, (__, i): Edge => [3, Math.min(70 + i * 49, count - 1)]),
      ...Array.from({ length: count / 5 - 20 }, (__, i): Edge => [i * 5, i * 5 + 80]),
    ];
    expect(laidOut(5000, more(5000), room).paths).toHaveLength(4999 + 100 + 980);
    expect(
      growth(
        (count) => laidOut(count, more(count), room),
        1000,
        5000,
        () => performance.now(),
      ),
    ).toBeLessThan(QUADRATIC / 2);
  });
});
