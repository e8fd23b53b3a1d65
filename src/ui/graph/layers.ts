import type { BoxGraph } from './blocks.ts';

/** A box, or the place where an edge passes a layer. */
export interface Item {
  layer: number;
  /** Of its middle, along its layer. */
  x: number;
  /** Along its layer, and across. */
  readonly width: number;
  readonly height: number;
  readonly up: number[];
  readonly down: number[];
}

/** Boxes come first among the items, in their order. */
export interface Layers {
  readonly items: readonly Item[];
  /** Items by layer. */
  readonly layers: readonly (readonly number[])[];
  /** The items that each edge runs through, its boxes included; of an edge that runs beside the boxes these two alone. */
  readonly lanes: readonly (readonly number[])[];
}

const GAP = 18;
/** Room that an edge takes where it passes a layer. */
const LANE = 10;
/** An edge that spans more layers runs beside the boxes: as an item of each layer it would take time and room there. */
const MOST_LAYERS = 60;
const ORDER_SWEEPS = 6;
const PLACE_SWEEPS = 24;

/**
 * Layers as in K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
 * structures" (1981): longest paths give the layers, means of the neighbours the order. Within a layer the x nearest to the
 * neighbours' is an isotonic regression, so that the whole takes time linear in boxes and lanes per sweep.
 */
export function layersOf(
  { boxes, edges }: BoxGraph,
  sizes: readonly { readonly width: number; readonly height: number }[],
): Layers {
  const forward = acyclic(boxes.length, edges);
  const items: Item[] = sizes.map(({ width, height }) => ({ width, height, layer: 0, x: 0, up: [], down: [] }));
  assignLayers(items, forward);
  const lanes = forward.map(([from, to]) => connect(items, from, to));
  const layers: number[][] = [];
  for (const [i, { layer }] of items.entries()) (layers[layer] ??= []).push(i);
  orderLayers(items, layers);
  placeLayers(items, layers);
  straighten(items, layers);
  return { items, layers, lanes };
}

/** Whether an edge runs in the gutter beside the boxes. */
export function isBeside(items: readonly Item[], lane: readonly number[]): boolean {
  const [from, to] = [items[lane[0] as number], items[lane.at(-1) as number]];
  return to !== undefined && from !== undefined && to.layer - from.layer > MOST_LAYERS;
}

/** Closed blocks may read each other in turns: edges that lead back are turned round for the layers. */
function acyclic(count: number, edges: BoxGraph['edges']): (readonly [number, number])[] {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) next[from]?.push(to);
  const state = new Uint8Array(count);
  const finished: number[] = [];
  for (let start = 0; start < count; start++) {
    const stack = [start];
    while (stack.length > 0) {
      const at = stack.at(-1) as number;
      if (state[at] === 0) {
        state[at] = 1;
        for (const to of next[at] ?? []) if (state[to] === 0) stack.push(to);
      } else {
        stack.pop();
        if (state[at] === 1) finished.push(at);
        state[at] = 2;
      }
    }
  }
  const rank = new Int32Array(count);
  for (const [i, box] of finished.reverse().entries()) rank[box] = i;
  return edges.map(([from, to]) => ((rank[from] as number) < (rank[to] as number) ? [from, to] : [to, from]));
}

function assignLayers(items: readonly Item[], edges: readonly (readonly [number, number])[]): void {
  const readers: number[][] = items.map(() => []);
  const waiting = new Int32Array(items.length);
  for (const [from, to] of edges) {
    readers[from]?.push(to);
    waiting[to] = (waiting[to] as number) + 1;
  }
  const queue = items.flatMap((_, i) => (waiting[i] === 0 ? [i] : []));
  const sources = new Set(queue);
  for (const at of queue) {
    for (const to of readers[at] ?? []) {
      const reader = items[to] as Item;
      reader.layer = Math.max(reader.layer, (items[at] as Item).layer + 1);
      const left = (waiting[to] as number) - 1;
      waiting[to] = left;
      if (left === 0) queue.push(to);
    }
  }
  // What reads nothing stands right above its first reader.
  for (const at of sources) {
    const layers = (readers[at] ?? []).map((to) => items[to]?.layer ?? 0);
    if (layers.length > 0) (items[at] as Item).layer = Math.max(0, Math.min(...layers) - 1);
  }
}

/** The items that an edge runs through, lanes included; they become neighbours, unless it runs beside the boxes. */
function connect(items: Item[], from: number, to: number): number[] {
  if (isBeside(items, [from, to])) return [from, to];
  const [first, last] = [(items[from] as Item).layer, (items[to] as Item).layer];
  const lane = [from];
  for (let layer = first + 1; layer < last; layer++) {
    lane.push(items.length);
    items.push({ width: LANE, height: 0, layer, x: 0, up: [], down: [] });
  }
  lane.push(to);
  for (let i = 1; i < lane.length; i++) {
    const [above, below] = [lane[i - 1] as number, lane[i] as number];
    items[above]?.down.push(below);
    items[below]?.up.push(above);
  }
  return lane;
}

function orderLayers(items: readonly Item[], layers: number[][]): void {
  const place = new Float64Array(items.length);
  const number = (layer: readonly number[]): void => layer.forEach((item, i) => (place[item] = i / layer.length));
  layers.forEach(number);
  for (let sweep = 0; sweep < ORDER_SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (let step = 0; step < layers.length; step++) {
      const layer = layers[isDown ? step : layers.length - 1 - step] as number[];
      const wish = new Map(
        layer.map((item) => {
          const around = (isDown ? items[item]?.up : items[item]?.down) ?? [];
          const sum = around.reduce((total, other) => total + (place[other] as number), 0);
          return [item, around.length > 0 ? sum / around.length : (place[item] as number)];
        }),
      );
      layer.sort((a, b) => (wish.get(a) as number) - (wish.get(b) as number));
      number(layer);
    }
  }
}

function placeLayers(items: readonly Item[], layers: readonly number[][]): void {
  for (let sweep = 0; sweep < PLACE_SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (let step = 0; step < layers.length; step++) {
      const layer = layers[isDown ? step : layers.length - 1 - step] as number[];
      const members = layer.map((item) => items[item] as Item);
      const wishes = members.map(({ up, down, x }) => {
        const around = sweep === 0 ? up : isDown ? [...up, ...up, ...down] : [...down, ...down, ...up];
        return around.length === 0 ? x : around.reduce((sum, other) => sum + (items[other]?.x ?? 0), 0) / around.length;
      });
      nearestInOrder(members, wishes);
    }
  }
}

/** Sets what has one neighbour on either side in one line with it, as far as its layer has room. */
function straighten(items: readonly Item[], layers: readonly (readonly number[])[]): void {
  const wishes = items.map(({ x }) => x);
  const isInner = (item: Item | undefined): boolean => item?.up.length === 1;
  for (const [start, item] of items.entries()) {
    const above = items[item.up[0] ?? -1];
    if (isInner(item) && above?.down.length === 1) continue;
    const run = [start];
    let last: Item = item;
    while (last.down.length === 1 && isInner(items[last.down[0] as number])) {
      run.push(last.down[0] as number);
      last = items[last.down[0] as number] as Item;
    }
    const middle = run.reduce((sum, i) => sum + (items[i]?.x ?? 0), 0) / run.length;
    for (const i of run) wishes[i] = middle;
  }
  for (const layer of layers) {
    nearestInOrder(
      layer.map((i) => items[i] as Item),
      layer.map((i) => wishes[i] as number),
    );
  }
}

/**
 * Sets the x nearest to the wishes (least squares) that keep order and distance, by pooling adjacent violators; boxes
 * weigh less than lanes, so that long edges run straight.
 */
function nearestInOrder(members: readonly Item[], wishes: readonly number[]): void {
  const offsets: number[] = [];
  members.forEach(({ width }, i) => {
    const before = members[i - 1];
    offsets.push(before ? (offsets[i - 1] as number) + (before.width + width) / 2 + GAP : 0);
  });
  const pools: { sum: number; weight: number; count: number }[] = [];
  members.forEach(({ height }, i) => {
    const weight = height === 0 ? 4 : 1;
    pools.push({ sum: weight * ((wishes[i] as number) - (offsets[i] as number)), weight, count: 1 });
    for (let last = pools.length - 1; last > 0; last--) {
      const [above, below] = [pools[last - 1], pools[last]];
      if (!above || !below || above.sum / above.weight <= below.sum / below.weight) break;
      above.sum += below.sum;
      above.weight += below.weight;
      above.count += below.count;
      pools.pop();
    }
  });
  let at = 0;
  for (const { sum, weight, count } of pools) {
    for (let i = 0; i < count; i++, at++) (members[at] as Item).x = sum / weight + (offsets[at] as number);
  }
}
