import type { BoxGraph } from './blocks.ts';
import { roundedPath } from './gutter.ts';
import { isBeside, layersOf, type Item, type Layers } from './layers.ts';
import type { Layout, Size } from './placed.ts';
import { channelRoom, rowChannels } from './row-channels.ts';

/** From one layer to the next. */
const GAP = 30;
/** Room at both ends of a row for the edges that turn to the next one. */
const TURN = 22;
/** Room above and below the edges that run back between two rows. */
const GUTTER = 14;
/** From one of them to the next, at most. */
const TRACK = 5;
/** A row may end this much before it is full, where fewer edges are cut. */
const RAGGED = 0.6;

interface Row {
  readonly bottom: number;
  readonly right: number;
  /** Edges that turn to the next row, the lowest first: [edge, place in its lane of what comes next]. */
  readonly turns: readonly (readonly [number, number])[];
}

/** Layers from left to right, in rows no wider than `room` pixels; edges turn at the end of a row and run back under it. */
export function layoutRows(graph: BoxGraph, sizes: readonly Size[], room: number): Layout {
  const across = layersOf(
    graph,
    sizes.map(({ width, height }) => ({ width: height, height: width })),
  );
  const { items, layers, lanes } = across;
  const lengths = layers.map((layer) => Math.max(...layer.map((i) => items[i]?.height ?? 0)));
  const channel = channelRoom(across);
  const ends = rowEnds(lengths, cuts(across), room - 2 * TURN - channel);
  const starts = new Float64Array(layers.length);
  const rowOf = new Int32Array(layers.length);
  for (const [row, to] of ends.entries()) rowOf.fill(row, ends[row - 1] ?? 0, to);
  const allTurns = turnsOf(across, rowOf, ends.length);
  const channels = rowChannels(across, rowOf, channel);
  const rows: Row[] = [];
  const inset = ends.length > 1 ? channel + TURN : 0;
  let top = 0;
  for (const [number, to] of ends.entries()) {
    const from = ends[number - 1] ?? 0;
    let right = inset;
    for (let layer = from; layer < to; layer++) {
      starts[layer] = right;
      right += (lengths[layer] ?? 0) + GAP;
    }
    const members = layers.slice(from, to).flatMap((layer) => layer.map((i) => items[i] as Item));
    const least = Math.min(...members.map(({ x, width }) => x - width / 2));
    for (const item of members) item.x += top - least;
    const bottom = Math.max(...members.map(({ x, width }) => x + width / 2));
    const turns = allTurns[number] ?? [];
    rows.push({ bottom, right: right - GAP, turns });
    top = bottom + 2 * GUTTER + trackOf(turns.length) * turns.length + channels.heightUnder(number);
  }
  /** What turns where it enters a row: places of its tracks. */
  const tracks = new Map(
    rows.flatMap(({ turns }) => turns.map(([edge, at], k) => [`${edge} ${at}`, { k, count: turns.length }] as const)),
  );
  const left = (item: Item): number =>
    (starts[item.layer] ?? 0) + (item.height === 0 ? 0 : ((lengths[item.layer] ?? 0) - item.height) / 2);
  const right = (item: Item): number => left(item) + (item.height === 0 ? (lengths[item.layer] ?? 0) : item.height);

  const trackUnder = (row: number, writer: number): number => {
    const { bottom = 0, turns = [] } = rows[row] ?? {};
    return bottom + GUTTER + trackOf(turns.length) * turns.length + channels.trackUnder(row, writer);
  };

  /** Down between two layers, under the row, beside the rows in a channel, and in between two layers again. */
  function besidePath([writer, reader]: readonly [number, number]): string {
    const [from, to] = [items[writer] as Item, items[reader] as Item];
    const [first, last] = [rowOf[from.layer] ?? 0, rowOf[to.layer] ?? 0];
    const out = (starts[from.layer] ?? 0) + (lengths[from.layer] ?? 0) + channels.offset(writer);
    const into = (starts[to.layer] ?? 0) - channels.offset(writer);
    const [under, above] = [trackUnder(first, writer), trackUnder(Math.max(first, last - 1), writer)];
    const x = channels.x(writer);
    return roundedPath([
      [right(from), from.x],
      [out, from.x],
      [out, under],
      ...(last > first + 1 ? ([[x, under], [x, above]] as const) : []), // prettier-ignore
      [into, above],
      [into, to.x],
      [left(to), to.x],
    ]);
  }

  function path(lane: readonly number[], edge: number): string {
    if (isBeside(items, lane)) return besidePath(lane as [number, number]);
    let drawn = '';
    for (let at = 1; at < lane.length; at++) {
      const [before, next] = [items[lane[at - 1] as number] as Item, items[lane[at] as number] as Item];
      const [x0, x1] = [right(before), left(next)];
      if (at === 1) drawn = `M${x0.toFixed(1)} ${before.x.toFixed(1)}`;
      const track = tracks.get(`${edge} ${at}`);
      const row = rows[rowOf[before.layer] ?? 0];
      drawn +=
        track && row ? turn([x0, before.x], [x1, next.x], row, { ...track, inset }) : curve(x0, before.x, x1, next.x);
      if (next.height === 0) drawn += `H${right(next).toFixed(1)}`;
    }
    return drawn;
  }

  return {
    width: Math.max(...rows.map((row) => row.right)) + (ends.length > 1 ? TURN : 0),
    height: (rows.at(-1)?.bottom ?? 0) + lastGutter(channels.heightUnder(ends.length - 1)),
    boxes: graph.boxes.map((_, i) => {
      const item = items[i] as Item;
      return { x: left(item), y: item.x - item.width / 2, width: item.height, height: item.width };
    }),
    paths: lanes.map(path),
  };
}

/** Edges between each layer and the next. */
function cuts({ items, lanes, layers }: Layers): Int32Array {
  const counts = new Int32Array(layers.length);
  for (const lane of lanes) {
    if (isBeside(items, lane)) continue;
    for (const at of lane.slice(0, -1)) {
      const layer = items[at]?.layer ?? 0;
      counts[layer] = (counts[layer] ?? 0) + 1;
    }
  }
  return counts;
}

/** After which layer each row ends: rows of about one length, ended where few edges are cut. */
function rowEnds(lengths: readonly number[], cut: Int32Array, room: number): number[] {
  const total = lengths.reduce((sum, length) => sum + length + GAP, -GAP);
  const count = Math.ceil(total / room);
  const target = count === 1 ? room : Math.min(room, total / count + Math.max(...lengths));
  const ends: number[] = [];
  let from = 0;
  while (from < lengths.length) {
    let to = from + 1;
    let width = lengths[from] ?? 0;
    while (to < lengths.length && width + GAP + (lengths[to] ?? 0) <= target) width += GAP + (lengths[to++] ?? 0);
    if (to < lengths.length) {
      const earliest = Math.max(from + 1, from + Math.ceil(RAGGED * (to - from)));
      for (let end = to - 1; end >= earliest; end--) if ((cut[end - 1] ?? 0) < (cut[to - 1] ?? 0)) to = end;
    }
    ends.push(to);
    from = to;
  }
  return ends;
}

/** Edges from the last layer of each row into the next one, the lowest first. */
function turnsOf({ items, lanes }: Layers, rowOf: Int32Array, count: number): Row['turns'][] {
  const turns = Array.from({ length: count }, (): [number, number][] => []);
  const layerOf = (edge: number, at: number): number => items[lanes[edge]?.[at] ?? 0]?.layer ?? 0;
  for (const [edge, lane] of lanes.entries()) {
    for (let at = 1; at < lane.length; at++) {
      const [before, next] = [layerOf(edge, at - 1), layerOf(edge, at)];
      if (next === before + 1 && rowOf[next] !== rowOf[before]) turns[rowOf[before] ?? 0]?.push([edge, at]);
    }
  }
  const placeOf = ([edge, at]: [number, number]): number => items[lanes[edge]?.[at - 1] ?? 0]?.x ?? 0;
  for (const row of turns) row.sort((a, b) => placeOf(b) - placeOf(a));
  return turns;
}

/** Many edges share what room there is. */
function trackOf(count: number): number {
  return Math.min(TRACK, (TURN - 8) / Math.max(1, count - 1));
}

function curve(x0: number, y0: number, x1: number, y1: number): string {
  const bend = Math.max(12, Math.abs(x1 - x0) / 2);
  const points = [x0 + bend, y0, x1 - bend, y1, x1, y1];
  return `C${points.map((value) => value.toFixed(1)).join(' ')}`;
}

/** Room for what runs under the last row; none where nothing does. */
function lastGutter(height: number): number {
  return height > 0 ? GUTTER + height : 0;
}

/** To the end of the row, back under it and down to what comes next; the lowest edge takes the innermost track and crosses none. */
function turn(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  row: Row,
  { k, count, inset }: { readonly k: number; readonly count: number; readonly inset: number },
): string {
  const track = trackOf(count);
  const far = row.right + 6 + k * track;
  const under = row.bottom + GUTTER + k * track;
  const near = inset - 6 - (count - 1 - k) * track;
  // It goes on from the end of what is drawn.
  return roundedPath([
    [x0, y0],
    [far, y0],
    [far, under],
    [near, under],
    [near, y1],
    [x1, y1],
  ]).replace('M', 'L');
}
