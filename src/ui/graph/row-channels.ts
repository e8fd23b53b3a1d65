import { gutterLanes } from './gutter.ts';
import { isBeside, type Item, type Layers } from './layers.ts';

/** From one lane of the channel to the next, and all of them at most. */
const LANE_STEP = 6;
const MOST_ROOM = 60;
/** From the last lane to where rows turn. */
const PADDING = 4;
/** From one track under a row to the next, and all of them at most. */
const TRACK = 5;
const MOST_TRACKS = 40;

/** Where edges run that span many rows. */
export interface RowChannels {
  /** Of a writer's lane beside the rows. */
  x(writer: number): number;
  /** Of its track, below the first one under a row. */
  trackUnder(row: number, writer: number): number;
  /** What the tracks under a row take. */
  heightUnder(row: number): number;
  /** Of its run between two layers, from their boxes. */
  offset(writer: number): number;
}

/** Room that lanes beside the rows take; 0 where no edge runs there. The rows are not known yet: lanes may have to share it. */
export function channelRoom(across: Layers): number {
  const { count } = gutterLanes(
    edgesBeside(across).map(({ writer, reader }) => ({
      writer,
      from: (across.items[writer] as Item).layer,
      to: (across.items[reader] as Item).layer,
    })),
  );
  return count === 0 ? 0 : Math.min(MOST_ROOM, count * LANE_STEP) + PADDING;
}

/** `room`: of all lanes. */
export function rowChannels(across: Layers, rowOf: Int32Array, room: number): RowChannels {
  const row = (item: number): number => rowOf[(across.items[item] as Item).layer] ?? 0;
  const runs = edgesBeside(across).map(({ writer, reader }) => ({
    writer,
    from: row(writer),
    to: Math.max(row(writer), row(reader) - 1),
  }));
  const { laneOf, count } = gutterLanes(runs.filter(({ from, to }) => to > from));
  const step = Math.min(LANE_STEP, (room - PADDING) / Math.max(1, count));
  const writers = new Map<number, Map<number, number>>();
  for (const { writer, from, to } of runs) {
    for (const under of [from, to]) {
      const here = writers.get(under) ?? new Map<number, number>();
      if (!here.has(writer)) here.set(writer, here.size);
      writers.set(under, here);
    }
  }
  const trackOf = (under: number): number => Math.min(TRACK, MOST_TRACKS / Math.max(1, writers.get(under)?.size ?? 0));
  return {
    x: (writer) => 2 + (laneOf.get(writer) ?? 0) * step,
    trackUnder: (under, writer) => (writers.get(under)?.get(writer) ?? 0) * trackOf(under),
    heightUnder: (under) => (writers.get(under)?.size ?? 0) * trackOf(under),
    offset: (writer) => 4 + 3 * (writer % 3),
  };
}

function edgesBeside({ items, lanes }: Layers): { readonly writer: number; readonly reader: number }[] {
  return lanes.flatMap((lane) => {
    const [writer, reader] = [lane[0], lane.at(-1)];
    return isBeside(items, lane) && writer !== undefined && reader !== undefined ? [{ writer, reader }] : [];
  });
}
