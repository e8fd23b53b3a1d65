/** An op of the model by its place in the report, and the ops that read what it writes. */
export interface OpGraph {
  /** Names by place; a name with slashes tells of the blocks that an op belongs to. */
  readonly names: readonly string[];
  /** [writer, reader] by place. */
  readonly edges: readonly (readonly [number, number])[];
}

/** What is drawn as one box: an op, or a block that is closed. */
export interface Box {
  /** Name of the block, or `#` and the place of the op. */
  readonly id: string;
  /** By place, in order. */
  readonly ops: readonly number[];
  /** Null for an op. */
  readonly block: string | null;
}

export interface BoxGraph {
  readonly boxes: readonly Box[];
  /** [from, to] by place among the boxes, each pair once. */
  readonly edges: readonly (readonly [number, number])[];
}

/** Smaller blocks are not worth a box of their own. */
const LEAST_OPS = 4;
/** So many boxes can be read at once. */
const READABLE = 60;

/** The blocks of every op from the outermost inwards: scopes of its name that hold at least `LEAST_OPS` ops, and not all. */
export function blocksOf({ names }: OpGraph): readonly (readonly string[])[] {
  const scopes = names.map(scopesOf);
  const sizes = new Map<string, number>();
  for (const scope of scopes.flat()) sizes.set(scope, (sizes.get(scope) ?? 0) + 1);
  return scopes.map((own) =>
    own.filter((scope, i) => {
      const size = sizes.get(scope) ?? 0;
      // A scope that holds just what the one inside of it holds says nothing more.
      return size >= LEAST_OPS && size < names.length && size !== sizes.get(own[i + 1] ?? '');
    }),
  );
}

/** `/b/b.0/qkv/MatMul` lies in `/b`, `/b/b.0` and `/b/b.0/qkv`. */
function scopesOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(0, -1).flatMap((part, i) => (part === '' ? [] : [parts.slice(0, i + 1).join('/')]));
}

/** Boxes and their edges where the blocks in `open` show what is inside of them. */
export function boxGraph(graph: OpGraph, blocks: ReturnType<typeof blocksOf>, open: ReadonlySet<string>): BoxGraph {
  const members = new Map<string, number[]>();
  const idOf = graph.names.map((_, op) => blocks[op]?.find((block) => !open.has(block)) ?? `#${op}`);
  for (const [op, id] of idOf.entries()) {
    const ops = members.get(id) ?? [];
    ops.push(op);
    members.set(id, ops);
  }
  const ids = [...members.keys()];
  const placeOf = new Map(ids.map((id, place) => [id, place]));
  const pairs = new Map<string, readonly [number, number]>();
  for (const [from, to] of graph.edges) {
    const pair = [placeOf.get(idOf[from] ?? '') ?? 0, placeOf.get(idOf[to] ?? '') ?? 0] as const;
    if (pair[0] !== pair[1]) pairs.set(pair.join(), pair);
  }
  return {
    boxes: ids.map((id) => ({ id, ops: members.get(id) ?? [], block: id.startsWith('#') ? null : id })),
    edges: [...pairs.values()],
  };
}

/** Blocks that are open at first, outer ones before inner ones, neighbours alike, as long as the boxes can still be read. */
export function openAtFirst({ names }: OpGraph, blocks: ReturnType<typeof blocksOf>): Set<string> {
  const open = new Set<string>();
  const boxes = (): number => new Set(names.map((_, op) => blocks[op]?.find((block) => !open.has(block)) ?? op)).size;
  const inside = new Map<string, Set<string>>();
  for (const own of blocks) {
    for (const [depth, block] of own.entries()) {
      const group = `${depth} ${own[depth - 1] ?? ''}`;
      inside.set(group, (inside.get(group) ?? new Set()).add(block));
    }
  }
  for (const [, group] of [...inside].sort(([a], [b]) => parseInt(a) - parseInt(b))) {
    for (const block of group) open.add(block);
    if (boxes() > READABLE) for (const block of group) open.delete(block);
  }
  return open;
}
