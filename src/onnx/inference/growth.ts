import { attribute, intAttribute, stringAttribute } from '../attributes.ts';
import { readTensor } from '../tensor-proto.ts';
import type { Dims } from '../value-info.ts';
import { broadcast, knownCount, mapDim, normalAxes, normalAxis, unknownDims } from './dims.ts';
import { MAX_VALUES, type InferenceRule, type RuleContext, type RuleFamily, type Values } from './rule.ts';

const expand: InferenceRule = ({ input }) => {
  const { type, dims } = input(0);
  const rank = input(1).dims?.[0];
  const target = input(1).values ?? (typeof rank === 'number' ? unknownDims(rank) : undefined);
  return [{ type, dims: broadcast([dims, target]) }];
};

const tile: InferenceRule = ({ input }) => {
  const { type, dims } = input(0);
  return [{ type, dims: dims && scaled(dims, input(1).values) }];
};

const pad: InferenceRule = ({ input, integers }) => {
  const { type, dims } = input(0);
  const pads = integers(1, 'pads');
  const axes = integers(3, 'axes');
  if (!dims || !pads || axes === null) return [{ type, dims: dims && unknownDims(dims.length) }];
  const touched = normalAxes(axes ?? dims.map((_, axis) => axis), dims.length);
  const out = dims.map((size, axis) => {
    const index = touched.indexOf(axis);
    if (index === -1) return size;
    return mapDim(size, (known) => known + (pads[index] ?? 0) + (pads[index + touched.length] ?? 0));
  });
  return [{ type, dims: out }];
};

const resize: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  // Opset 10 has two inputs; since 11 the second is roi.
  const [scales, sizes] = node.input.length === 2 ? [input(1), undefined] : [input(2), input(3)];
  const isPlain =
    !attribute(node, 'axes') && stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') === 'stretch';
  const isCropped = stringAttribute(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  if (!dims || !isPlain) return [{ type, dims: dims && unknownDims(dims.length) }];
  if (sizes?.values?.length === dims.length) return [{ type, dims: sizes.values }];
  return [{ type, dims: scaled(dims, isCropped ? undefined : scales.values) }];
};

/** Upsample, gone since operator set 10: scales as an attribute, since 9 as the second input. */
const upsample: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const scales = attribute(node, 'scales')?.floats ?? input(1).values;
  return [{ type, dims: dims && scaled(dims, scales) }];
};

function scaled(dims: Dims, scales: Values | undefined): Dims {
  return dims.map((size, axis) => {
    const scale = scales?.[axis] ?? null;
    return scale === null ? null : mapDim(size, (known) => Math.floor(known * scale));
  });
}

const constantOfShape: InferenceRule = ({ node, input }) => {
  const value = attribute(node, 'value')?.t;
  const fill = value ? readTensor(value) : undefined;
  const type = fill?.type ?? 'float32';
  const length = input(0).dims?.[0];
  const dims = input(0).values ?? (typeof length === 'number' ? unknownDims(length) : undefined);
  return [{ type, dims, values: dims && filled(dims, Number(fill?.data[0] ?? 0)) }];
};

function filled(dims: Dims, value: number): Values | undefined {
  const count = dims.length <= 1 ? knownCount(dims) : null;
  return count === null || count > MAX_VALUES ? undefined : new Array<number>(count).fill(value);
}

const range: InferenceRule = ({ input }) => {
  const { type } = input(0);
  const [start, limit, delta] = [0, 1, 2].map((index) => input(index).values?.[0] ?? null);
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number')
    return [{ type, dims: [null] }];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const isInteger = type === 'int32' || type === 'int64';
  const values =
    isInteger && count <= MAX_VALUES ? Array.from({ length: count }, (_, index) => start + index * delta) : undefined;
  return [{ type, dims: [count], values }];
};

const oneHot: InferenceRule = ({ node, input }: RuleContext) => {
  const { dims } = input(0);
  const depth = input(1).values?.[0] ?? null;
  const axis = dims && normalAxis(intAttribute(node, 'axis', -1), dims.length + 1);
  return [{ type: input(2).type, dims: axis === undefined ? undefined : dims?.toSpliced(axis, 0, depth) }];
};

/** What makes tensors larger, or out of nothing. */
export const GROWTH: RuleFamily = {
  Expand: expand,
  Tile: tile,
  Pad: pad,
  Resize: resize,
  Upsample: upsample,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHot,
};
