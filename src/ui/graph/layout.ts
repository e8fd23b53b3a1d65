import type { BoxGraph } from './blocks.ts';
import { gutterLanes, roundedPath } from './gutter.ts';
import { isBeside, layersOf, type Item } from './layers.ts';
import type { Layout, Size } from './placed.ts';
import { layoutRows } from './rows.ts';

const GAP_Y = 30;
/** From the boxes to the gutter beside them. */
const BESIDE = 14;
/** From one lane of the gutter to the next, and all of them at most. */
const LANE_STEP = 7;
const MOST_GUTTER = 84;
/** Narrower places have no room for lines of boxes that are worth their turns. */
const LEAST_ROOM = 560;
/** A graph that takes less of the room, from top to bottom, is drawn in lines. */
const SLENDER = 0.5;

/**
 * From top to bottom; what would be a slender column in a place of `room` pixels runs from left to right instead, in lines
 * like those of a text.
 */
export function layoutGraph(graph: BoxGraph, sizes: readonly Size[], room = 0): Layout {
  const column = layoutColumn(graph, sizes);
  const isSlender = room >= LEAST_ROOM && column.width < SLENDER * room;
  return isSlender ? layoutRows(graph, sizes, room) : column;
}

function layoutColumn(graph: BoxGraph, sizes: readonly Size[]): Layout {
  const { items, layers, lanes } = layersOf(graph, sizes);
  const tops: number[] = [];
  let y = 0;
  for (const layer of layers) {
    tops.push(y);
    y += Math.max(...layer.map((i) => items[i]?.height ?? 0)) + GAP_Y;
  }
  const left = Math.min(...items.map(({ x, width }) => x - width / 2));
  for (const item of items) item.x -= left;
  const boxesWidth = Math.max(...items.map(({ x, width }) => x + width / 2));
  const beside = lanes.filter((lane) => isBeside(items, lane));
  const { laneOf, count } = gutterLanes(
    beside.map((lane) => {
      const [writer, reader] = lane as [number, number];
      return { writer, from: (items[writer] as Item).layer, to: (items[reader] as Item).layer - 1 };
    }),
  );
  const step = Math.min(LANE_STEP, MOST_GUTTER / Math.max(1, count));
  const besidePath = ([writer, reader]: readonly [number, number]): string => {
    const [from, to] = [items[writer] as Item, items[reader] as Item];
    const lane = laneOf.get(writer) ?? 0;
    const x = boxesWidth + BESIDE + lane * step;
    // What runs through one gap does not lie on one line.
    const off = 6 + 3 * (lane % 3);
    const below = (tops[from.layer + 1] ?? 0) - GAP_Y + off;
    const top = tops[to.layer] ?? 0;
    return roundedPath([
      [from.x, (tops[from.layer] ?? 0) + from.height],
      [from.x, below],
      [x, below],
      [x, top - off],
      [to.x, top - off],
      [to.x, top],
    ]);
  };
  return {
    width: boxesWidth + (count > 0 ? BESIDE + (count - 1) * step + 2 : 0),
    height: y - GAP_Y,
    boxes: graph.boxes.map((_, i) => {
      const { x, width, height, layer } = items[i] as Item;
      return { x: x - width / 2, y: tops[layer] ?? 0, width, height };
    }),
    paths: lanes.map((lane) =>
      isBeside(items, lane)
        ? besidePath(lane as [number, number])
        : pathThrough(
            lane.map((i) => items[i] as Item),
            tops,
          ),
    ),
  };
}

function pathThrough(lane: readonly Item[], tops: readonly number[]): string {
  const points = lane.map((item, i) => {
    const top = tops[item.layer] ?? 0;
    return { x: item.x, y: i === 0 ? top + item.height : top };
  });
  return points
    .map(({ x, y }, i) => {
      const before = points[i - 1];
      if (!before) return `M${x.toFixed(1)} ${y.toFixed(1)}`;
      const bend = Math.max(8, (y - before.y) / 2);
      return `C${before.x.toFixed(1)} ${(before.y + bend).toFixed(1)} ${x.toFixed(1)} ${(y - bend).toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
