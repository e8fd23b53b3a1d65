import { intAttribute } from '../attributes.ts';
import { normalAxes, normalAxis, unknownDims } from './dims.ts';
import { forEach, type InferenceRule, type RuleFamily } from './rule.ts';

const reduce: InferenceRule = ({ node, input, integers }) => {
  const { type, dims } = input(0);
  const axes = integers(1, 'axes');
  const keep = intAttribute(node, 'keepdims', 1) === 1;
  if (!dims || axes === null) return [{ type, dims: dims && keep ? unknownDims(dims.length) : undefined }];
  const all = axes === undefined || axes.length === 0;
  if (all && intAttribute(node, 'noop_with_empty_axes', 0) === 1) return [{ type, dims }];
  const reduced = all ? dims.map((_, axis) => axis) : normalAxes(axes, dims.length);
  const kept = dims.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  return [{ type, dims: keep ? kept : kept.filter((_, axis) => !reduced.includes(axis)) }];
};

const argument: InferenceRule = ({ node, input }) => {
  const { dims } = input(0);
  const axis = dims && normalAxis(intAttribute(node, 'axis', 0), dims.length);
  if (!dims || axis === undefined) return [{ type: 'int64', dims: undefined }];
  const keep = intAttribute(node, 'keepdims', 1) === 1;
  return [{ type: 'int64', dims: keep ? dims.with(axis, 1) : dims.toSpliced(axis, 1) }];
};

/** Reductions along axes. */
export const REDUCTION: RuleFamily = {
  ...forEach(
    'ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare'.split(
      ' ',
    ),
    reduce,
  ),
  ...forEach(['ArgMax', 'ArgMin'], argument),
};
