import type { FindingKind } from '../tuning/diagnosis.ts';

/** What each kind is called, and why it hurts. */
export const FINDINGS: Readonly<Record<FindingKind, { readonly title: string; readonly why: string }>> = {
  'outlier-channels': {
    title: 'Loud activation channels',
    why: 'A few channels set the scale of the whole tensor, and the others are left with few steps.',
  },
  'unsmoothed-channels': {
    title: 'Loud channels that SmoothQuant leaves',
    why: 'What writes them takes no factor, or not enough of one; their products can be added in float beside the int8 op.',
  },
  'unequal-weights': {
    title: 'Unequal weight channels',
    why: 'Neighbouring layers share channels of very different size; what one side divides the other can multiply.',
  },
  'wide-range': {
    title: 'Range stretched by rare values',
    why: 'The extremes of the calibration lie far outside of nearly all values, so that these share few steps.',
  },
  'clipped-range': {
    title: 'Range that clips',
    why: 'The range method cuts much of what calibration saw, and the cut values matter here.',
  },
  'depthwise-weights': {
    title: 'Depthwise weights',
    why: 'Each channel has its own small filter; one scale for few values loses much.',
  },
  tail: {
    title: 'Tail of the network',
    why: 'The last ops have nothing behind them that would level their error out.',
  },
  'single-op': {
    title: 'One op does most of it',
    why: 'Keeping this op float gives most of the accuracy back.',
  },
  'few-samples': {
    title: 'Few calibration samples',
    why: 'Ranges from few samples miss values that others have. About a hundred of every kind are enough.',
  },
};
