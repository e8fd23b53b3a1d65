import type { Dims } from '../value-info.ts';

/** Number of elements, or null where a size is not known. */
export function knownCount(dims: Dims): number | null {
  return dims.reduce<number | null>((product, dim) => (product === null || dim === null ? null : product * dim), 1);
}

/** Multidirectional broadcasting; undefined where a rank is not known. */
export function broadcast(shapes: readonly (Dims | undefined)[]): Dims | undefined {
  const known = shapes.filter((dims) => dims !== undefined);
  if (known.length < shapes.length) return undefined;
  const rank = Math.max(0, ...known.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = known.map((dims) => dims[axis - rank + dims.length] ?? (axis < rank - dims.length ? 1 : null));
    // A size that is not known equals any known size other than 1, or the model would not run.
    const decisive = sizes.find((size) => size !== null && size !== 1);
    return decisive ?? (sizes.includes(null) ? null : 1);
  });
}

/** Two statements about one shape, taken together. */
export function merge(a: Dims | undefined, b: Dims | undefined): Dims | undefined {
  if (!a || !b || a.length !== b.length) return a ?? b;
  return a.map((dim, axis) => dim ?? b[axis] ?? null);
}

/** A negative axis counts from the end; undefined where it lies outside. */
export function normalAxis(axis: number, rank: number): number | undefined {
  const positive = axis < 0 ? axis + rank : axis;
  return positive >= 0 && positive < rank ? positive : undefined;
}

export function normalAxes(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** `apply` to sizes that are known. */
export function mapDim(dim: number | null | undefined, apply: (size: number) => number): number | null {
  return dim === null || dim === undefined ? null : apply(dim);
}

export function unknownDims(rank: number): Dims {
  return new Array<null>(rank).fill(null);
}
