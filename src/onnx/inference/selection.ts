import { attribute, intAttribute } from '../attributes.ts';
import type { Dims } from '../value-info.ts';
import { mapDim, merge, normalAxes, normalAxis, unknownDims } from './dims.ts';
import { MAX_VALUES, forEach, type InferenceRule, type InferredTensor, type RuleFamily, type Values } from './rule.ts';

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Positions that a slice takes from an axis of `size` (ONNX Slice: negative counts from the end, out of range is clamped). */
export function slicePositions({ start, end, step }: Cut, size: number): number[] {
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high);
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length: count }, (_, index) => from + index * step);
}

const slice: InferenceRule = ({ input, integers }) => {
  const { type, dims, values } = input(0);
  const [starts, ends, axes, steps] = [
    integers(1, 'starts'),
    integers(2, 'ends'),
    integers(3, 'axes'),
    integers(4, 'steps'),
  ];
  if (!dims || axes === null) return [{ type, dims: dims && unknownDims(dims.length) }];
  const touched = normalAxes(axes ?? starts?.map((_, index) => index) ?? dims.map((_, index) => index), dims.length);
  const cuts = touched.map((_, index): Cut | undefined => {
    const [start, end, step] = [starts?.[index], ends?.[index], steps === undefined ? 1 : steps?.[index]];
    return start === undefined || end === undefined || step === undefined ? undefined : { start, end, step };
  });
  const out = dims.map((size, axis) => {
    const index = touched.indexOf(axis);
    const cut = cuts[index];
    return index === -1 ? size : cut ? mapDim(size, (known) => slicePositions(cut, known).length) : null;
  });
  const [cut] = cuts;
  const isVector = dims.length === 1 && values && cut;
  return [
    {
      type,
      dims: out,
      values: isVector ? slicePositions(cut, values.length).map((at) => values[at] ?? null) : undefined,
    },
  ];
};

const split: InferenceRule = ({ node, input, integers }) => {
  const { type, dims } = input(0);
  const axis = dims && normalAxis(intAttribute(node, 'axis', 0), dims.length);
  const sizes = integers(1, 'split');
  return node.output.map((_, index) => {
    if (!dims || axis === undefined) return { type, dims: undefined };
    if (sizes) return { type, dims: dims.with(axis, sizes[index] ?? null) };
    const part = sizes === null ? null : mapDim(dims[axis], (size) => equalPart(size, node.output.length, index));
    return { type, dims: dims.with(axis, part) };
  });
};

function equalPart(size: number, parts: number, index: number): number {
  const chunk = Math.ceil(size / parts);
  return Math.max(0, Math.min(chunk, size - index * chunk));
}

const concat: InferenceRule = ({ node, input }) => {
  const inputs = node.input.map((_, index) => input(index));
  const type = inputs.find((tensor) => tensor.type)?.type;
  const rank = inputs.find(({ dims }) => dims)?.dims?.length;
  const axis = rank === undefined ? undefined : normalAxis(intAttribute(node, 'axis', 0), rank);
  if (rank === undefined || axis === undefined) return [{ type, dims: undefined }];
  const total = inputs.reduce<number | null>((sum, { dims }) => {
    const size = dims?.[axis] ?? null;
    return sum === null || size === null ? null : sum + size;
  }, 0);
  const others = inputs.reduce<Dims | undefined>((merged, { dims }) => merge(merged, dims), undefined);
  return [{ type, dims: others?.with(axis, total), values: rank === 1 ? joined(inputs) : undefined }];
};

function joined(inputs: readonly InferredTensor[]): Values | undefined {
  const known = inputs.flatMap(({ values }) => (values ? [values] : []));
  const all = known.flat();
  return known.length === inputs.length && all.length <= MAX_VALUES ? all : undefined;
}

const gather: InferenceRule = ({ node, input }) => {
  const { type, dims, values } = input(0);
  const indices = input(1);
  const axis = dims && normalAxis(intAttribute(node, 'axis', 0), dims.length);
  if (!dims || axis === undefined || !indices.dims) return [{ type, dims: undefined }];
  const taken =
    dims.length === 1 && values && indices.dims.length <= 1
      ? indices.values?.map((at) => (at === null ? null : (values.at(at) ?? null)))
      : undefined;
  return [{ type, dims: [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)], values: taken }];
};

const gatherNd: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const indices = input(1).dims;
  const depth = indices?.at(-1);
  if (!dims || !indices || typeof depth !== 'number') return [{ type, dims: undefined }];
  return [{ type, dims: [...indices.slice(0, -1), ...dims.slice(intAttribute(node, 'batch_dims', 0) + depth)] }];
};

const topK: InferenceRule = ({ node, input, integers }) => {
  const { type, dims } = input(0);
  const axis = dims && normalAxis(intAttribute(node, 'axis', -1), dims.length);
  const count = attribute(node, 'k') ? intAttribute(node, 'k', 0) : (integers(1, 'k')?.[0] ?? null);
  const out = axis === undefined ? undefined : dims?.with(axis, count);
  return [
    { type, dims: out },
    { type: 'int64', dims: out },
  ];
};

/** Output like the first input, whatever is written into it. */
const scatter: InferenceRule = ({ input }) => [{ type: input(0).type, dims: input(0).dims }];

/** What takes elements out of tensors, joins them, or writes into them. */
export const SELECTION: RuleFamily = {
  Slice: slice,
  Split: split,
  Concat: concat,
  Gather: gather,
  GatherElements: ({ input }) => [{ type: input(0).type, dims: input(1).dims }],
  GatherND: gatherNd,
  TopK: topK,
  ...forEach(['Scatter', 'ScatterElements', 'ScatterND'], scatter),
  NonMaxSuppression: () => [{ type: 'int64', dims: [null, 3] }],
};
