import type { OpsetAdapter } from './adapter.ts';
import { AXES } from './axes.ts';
import { BATCH_NORMALIZATION } from './batch-normalization.ts';
import { CLIP } from './clip.ts';
import { DROPOUT } from './dropout.ts';
import { PAD } from './pad.ts';
import { RESIZE } from './resize.ts';
import { SCATTER } from './scatter.ts';
import { SLICE } from './slice.ts';
import { SOFTMAX } from './softmax.ts';
import { SPLIT } from './split.ts';
import { TOP_K } from './top-k.ts';
import { UPSAMPLE } from './upsample.ts';

const ADAPTERS = [
  AXES,
  BATCH_NORMALIZATION,
  CLIP,
  DROPOUT,
  PAD,
  RESIZE,
  SCATTER,
  SLICE,
  SOFTMAX,
  SPLIT,
  TOP_K,
  UPSAMPLE,
] as const;

/** Adapters by operator type. */
export const OPSET_ADAPTERS: ReadonlyMap<string, OpsetAdapter> = new Map(
  ADAPTERS.flatMap((adapter) => adapter.opTypes.map((opType) => [opType, adapter] as const)),
);

/** Operators that changed or went away between operator sets 7 and 13 and have no adapter: the version that did it. */
export const UNADAPTED: ReadonlyMap<string, number> = new Map([
  ['Scan', 9],
  ['MeanVarianceNormalization', 9],
  ...(
    [
      'ATen',
      'Affine',
      'ConstantFill',
      'Crop',
      'DynamicSlice',
      'GRUUnit',
      'GivenTensorFill',
      'ImageScaler',
      'ParametricSoftplus',
      'Scale',
      'ScaledTanh',
    ] as const
  ).map((opType) => [opType, 10] as const),
]);
