import { intAttribute, intsAttribute } from '../attributes.ts';
import type { Dims } from '../value-info.ts';
import { knownCount, normalAxes, unknownDims } from './dims.ts';
import { UNKNOWN, type InferenceRule, type RuleFamily, type Values } from './rule.ts';

/** Vectors and scalars keep their elements when only the shape changes. */
function kept(values: Values | undefined, dims: Dims | undefined): Values | undefined {
  return dims && dims.length <= 1 ? values : undefined;
}

const reshape: InferenceRule = ({ node, input }) => {
  const { type, dims, values } = input(0);
  const target = input(1).values;
  if (!target) {
    const rank = input(1).dims?.[0];
    return [{ type, dims: typeof rank === 'number' ? unknownDims(rank) : undefined }];
  }
  const out = reshaped(dims, target, intAttribute(node, 'allowzero', 0) === 1);
  return [{ type, dims: out, values: kept(values, out) }];
};

/** Size 0 copies an axis; -1 (or the only size that is not known) is what remains of the elements. */
function reshaped(from: Dims | undefined, target: Values, allowZero: boolean): Dims {
  const isCopied = (axis: number) => target[axis] === 0 && !allowZero;
  const out = target.map((size, axis) => (isCopied(axis) ? (from?.[axis] ?? null) : size === -1 ? null : size));
  const open = target.flatMap((size, axis) => (size === -1 || size === null ? [axis] : []));
  const [missing] = open;
  if (!from || missing === undefined || open.length > 1) return out;
  // Copied axes stand on both sides, so their sizes need not be known.
  const total = knownCount(from.filter((_, axis) => !isCopied(axis)));
  const others = knownCount(out.filter((_, axis) => axis !== missing && !isCopied(axis)));
  return total === null || !others || total % others !== 0 ? out : out.with(missing, total / others);
}

const flatten: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  if (!dims) return [{ type, dims: [null, null] }];
  const axis = intAttribute(node, 'axis', 1);
  const at = axis < 0 ? axis + dims.length : axis;
  return [{ type, dims: [knownCount(dims.slice(0, at)), knownCount(dims.slice(at))] }];
};

const transpose: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const order = intsAttribute(node, 'perm');
  if (!dims) return [{ type, dims: order && unknownDims(order.length) }];
  return [{ type, dims: order ? order.map((axis) => dims[axis] ?? null) : dims.toReversed() }];
};

const squeeze: InferenceRule = ({ input, integers }) => {
  const { type, dims, values } = input(0);
  const axes = integers(1, 'axes');
  if (!dims || axes === null) return [{ type, dims: undefined }];
  if (axes === undefined) {
    const out = dims.includes(null) ? undefined : dims.filter((size) => size !== 1);
    return [{ type, dims: out, values: kept(values, out) }];
  }
  const dropped = normalAxes(axes, dims.length);
  const out = dims.filter((_, axis) => !dropped.includes(axis));
  return [{ type, dims: out, values: kept(values, out) }];
};

const unsqueeze: InferenceRule = ({ input, integers }) => {
  const { type, dims, values } = input(0);
  const axes = integers(1, 'axes');
  if (!dims || !axes) return [{ type, dims: undefined }];
  const rank = dims.length + axes.length;
  const added = normalAxes(axes, rank);
  const rest = dims.values();
  const out = Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (rest.next().value ?? null)));
  return [{ type, dims: out, values: kept(values, out) }];
};

const shape: InferenceRule = ({ node, input }) => {
  const { dims } = input(0);
  if (!dims) return [{ type: 'int64', dims: [null] }];
  const sizes = dims.slice(intAttribute(node, 'start', 0), intAttribute(node, 'end', dims.length));
  return [{ type: 'int64', dims: [sizes.length], values: sizes }];
};

const size: InferenceRule = ({ input }) => {
  const { dims } = input(0);
  return [{ type: 'int64', dims: [], values: [dims ? knownCount(dims) : null] }];
};

/** What changes only the shape of a tensor, and what asks for it. */
export const LAYOUT: RuleFamily = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Shape: shape,
  Size: size,
  NonZero: ({ input }) => [{ type: 'int64', dims: [input(0).dims?.length ?? null, null] }],
  Compress: ({ input }) => [{ ...UNKNOWN, type: input(0).type }],
};
