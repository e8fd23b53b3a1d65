import { intAttribute, intsAttribute, stringAttribute } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import type { Dims } from '../value-info.ts';
import { mapDim, unknownDims } from './dims.ts';
import { forEach, type InferenceRule, type RuleFamily } from './rule.ts';

/** A window that slides along one spatial axis. */
interface Window {
  readonly kernel: number | null;
  readonly stride: number;
  readonly dilation: number;
  /** Both sides together. */
  readonly padding: number;
  readonly autoPad: string;
}

function windows(node: NodeProto, kernel: Dims): Window[] {
  const rank = kernel.length;
  const strides = intsAttribute(node, 'strides') ?? [];
  const dilations = intsAttribute(node, 'dilations') ?? [];
  const pads = intsAttribute(node, 'pads') ?? [];
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  return kernel.map((size, axis) => ({
    kernel: size,
    stride: strides[axis] ?? 1,
    dilation: dilations[axis] ?? 1,
    padding: autoPad === 'NOTSET' ? (pads[axis] ?? 0) + (pads[axis + rank] ?? 0) : 0,
    autoPad,
  }));
}

function extent({ kernel, dilation }: Window): number | null {
  return mapDim(kernel, (size) => (size - 1) * dilation + 1);
}

/** Positions of the window along an axis of `size`; null where only the runtime's version decides (ceil mode at the edge). */
function positions(size: number | null | undefined, window: Window, ceil = false): number | null {
  const { stride, padding, autoPad } = window;
  if (autoPad.startsWith('SAME')) return mapDim(size, (known) => Math.ceil(known / stride));
  const covered = extent(window);
  if (covered === null) return null;
  return mapDim(size, (known) => {
    const steps = (known + padding - covered) / stride;
    return (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  });
}

const conv: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const weight = input(1).dims;
  const kernel = weight?.slice(2) ?? intsAttribute(node, 'kernel_shape');
  if (!kernel) return [{ type, dims: undefined }];
  const spatial = windows(node, kernel).map((window, axis) => positions(dims?.[axis + 2], window));
  return [{ type, dims: [dims?.[0] ?? null, weight?.[0] ?? null, ...spatial] }];
};

const convInteger: InferenceRule = (context) => conv(context).map(({ dims }) => ({ type: 'int32', dims }));

const convTranspose: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const weight = input(1).dims;
  const kernel = weight?.slice(2) ?? intsAttribute(node, 'kernel_shape');
  if (!kernel) return [{ type, dims: undefined }];
  const fixed = intsAttribute(node, 'output_shape')?.slice(-kernel.length);
  const extra = intsAttribute(node, 'output_padding') ?? [];
  const spatial = windows(node, kernel).map((window, axis) => {
    if (fixed) return fixed[axis] ?? null;
    const { stride, padding, autoPad } = window;
    const covered = extent(window);
    if (covered === null) return null;
    return mapDim(dims?.[axis + 2], (size) =>
      autoPad.startsWith('SAME') ? size * stride : stride * (size - 1) + (extra[axis] ?? 0) + covered - padding,
    );
  });
  const channels = mapDim(weight?.[1], (perGroup) => perGroup * intAttribute(node, 'group', 1));
  return [{ type, dims: [dims?.[0] ?? null, channels, ...spatial] }];
};

const pool: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const kernel = intsAttribute(node, 'kernel_shape');
  if (!kernel) return [{ type, dims: undefined }];
  const ceil = intAttribute(node, 'ceil_mode', 0) === 1;
  const spatial = windows(node, kernel).map((window, axis) => {
    const size = positions(dims?.[axis + 2], window);
    // Runtimes differ in whether a window may start in the padding.
    return !ceil || size === positions(dims?.[axis + 2], window, true) ? size : null;
  });
  const outDims = [dims?.[0] ?? null, dims?.[1] ?? null, ...spatial];
  return [
    { type, dims: outDims },
    { type: 'int64', dims: outDims },
  ];
};

const globalPool: InferenceRule = ({ input }) => {
  const { type, dims } = input(0);
  return [{ type, dims: dims && [...dims.slice(0, 2), ...dims.slice(2).map(() => 1)] }];
};

const roiAlign: InferenceRule = ({ node, input }) => {
  const size = [intAttribute(node, 'output_height', 1), intAttribute(node, 'output_width', 1)];
  return [{ type: input(0).type, dims: [input(1).dims?.[0] ?? null, input(0).dims?.[1] ?? null, ...size] }];
};

const blockSize = (node: NodeProto) => intAttribute(node, 'blocksize', 1);

const depthToSpace: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const block = blockSize(node);
  const [batch = null, channels, ...spatial] = dims ?? unknownDims(4);
  const grown = spatial.map((size) => mapDim(size, (known) => known * block));
  return [{ type, dims: [batch, mapDim(channels, (known) => known / block ** 2), ...grown] }];
};

const spaceToDepth: InferenceRule = ({ node, input }) => {
  const { type, dims } = input(0);
  const block = blockSize(node);
  const [batch = null, channels, ...spatial] = dims ?? unknownDims(4);
  const shrunk = spatial.map((size) => mapDim(size, (known) => Math.floor(known / block)));
  return [{ type, dims: [batch, mapDim(channels, (known) => known * block ** 2), ...shrunk] }];
};

/** Convolutions, pooling, and what moves between channels and space. */
export const CONVOLUTION: RuleFamily = {
  Conv: conv,
  ConvInteger: convInteger,
  ConvTranspose: convTranspose,
  ...forEach(['MaxPool', 'AveragePool', 'LpPool'], pool),
  ...forEach(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], globalPool),
  RoiAlign: roiAlign,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
