import type { OptionValues } from '../base/options.ts';
import type { ImageLayout } from './image-layout.ts';

/** A transform with all that it needs, as the configuration names it. */
export interface TransformStep {
  readonly name: string;
  readonly options: OptionValues;
}

/** What one can choose about the preprocessing of pictures. */
export interface PreprocessingPlan {
  readonly scaling: Scaling;
  readonly order: 'RGB' | 'BGR';
  readonly sizing: Sizing;
}

/** From bytes to the numbers of the model; `steps` keep the order of colours in mind. */
export interface Scaling {
  readonly words: string;
  steps(order: PreprocessingPlan['order']): readonly TransformStep[];
}

export interface Sizing {
  /** '' where nothing is done. */
  readonly words: string;
  readonly steps: readonly TransformStep[];
}

/** How samples lie in memory before, and how the model wants them. */
export interface SampleGeometry {
  /** Of the samples: pictures have their channels last. */
  readonly from: 'channels-last' | 'channels-first' | 'plane' | 'flat';
  readonly to: ImageLayout;
}

const step = (name: string, options: OptionValues = {}): TransformStep => ({ name, options });

function normalized(words: string, mean: readonly number[], std: readonly number[]): Scaling {
  return {
    words,
    steps: (order) => {
      const turned = (values: readonly number[]): number[] => (order === 'BGR' ? [...values].reverse() : [...values]);
      return [step('Normalize', { mean: turned(mean), std: turned(std) })];
    },
  };
}

const unit: Scaling = { words: 'values from 0 to 1', steps: () => [step('Rescale')] };
const symmetric = normalized('values from −1 to 1', [127.5], [127.5]);
const bytes: Scaling = { words: 'values from 0 to 255', steps: () => [] };

/** For values that may be the model's already. */
export const AS_THEY_ARE: Scaling = { words: 'values as they are', steps: () => [] };

/** Means and deviations on the scale 0–255, in the order RGB, as torchvision, timm, OpenAI and Keras publish them. */
const IMAGENET = normalized('ImageNet mean and deviation', [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);
const CLIP = normalized('CLIP mean and deviation', [122.771, 116.746, 104.094], [68.5005, 66.6322, 70.3232]);
const CAFFE = normalized('ImageNet mean subtracted', [123.68, 116.779, 103.939], [1, 1, 1]);
const CIFAR = normalized('CIFAR-10 mean and deviation', [125.307, 122.961, 113.8575], [62.985, 62.0925, 66.708]);
const MNIST = normalized('MNIST mean and deviation', [33.3285], [78.5655]);
const FASHION = normalized('Fashion-MNIST mean and deviation', [72.93], [90.015]);
const GRAY_IMAGENET = normalized('ImageNet mean and deviation of gray', [114.495], [57.63]);

/** Pictures of at most this many pixels a side are not those of ImageNet, and keep their edges. */
const SMALL_SIDE = 64;

/** The usual scalings, the more common first; `side`: the longer side of the input, pixels. */
export function usualScalings(channels: number | undefined, side: number): readonly Scaling[] {
  if (channels === 3)
    return side <= SMALL_SIDE
      ? [unit, CIFAR, symmetric, IMAGENET, bytes]
      : [unit, IMAGENET, symmetric, bytes, CLIP, CAFFE];
  if (channels === 4) return [unit, symmetric, bytes];
  return side <= SMALL_SIDE ? [unit, MNIST, symmetric, FASHION, bytes] : [unit, symmetric, bytes, GRAY_IMAGENET];
}

export const NO_SIZING: Sizing = { words: '', steps: [] };

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Shorter side to 100/`percent` of the input's, then the middle. */
function middle({ height, width }: Size, percent: number): Sizing {
  const side = Math.trunc(Math.min(height, width) / (percent / 100));
  const words =
    percent === 100
      ? `shorter side to ${side}, middle ${width} × ${height}`
      : `shorter side to ${side}, then the middle ${width} × ${height}`;
  return {
    words,
    steps: [
      step('ResizeWithAspectRatio', { height, width, scale: percent }),
      step('CenterCrop', { size: [height, width] }),
    ],
  };
}

function stretched({ height, width }: Size): Sizing {
  return { words: `stretched to ${width} × ${height}`, steps: [step('Resize', { size: [width, height] })] };
}

function padded({ height, width }: Size, value: number): Sizing {
  return {
    words: `filled up with ${value} to ${width} × ${height}`,
    steps: [step('PadToSize', { width, height, value })],
  };
}

/** The usual ways to the input's size, the likeliest first; `given`: sizes of some samples. */
export function usualSizings(target: Size, given: readonly Size[]): readonly Sizing[] {
  const { height, width } = target;
  if (given.every((size) => size.height === height && size.width === width)) return [NO_SIZING];
  const crops = [87.5, 100, 95].map((percent) => middle(target, percent));
  const isSmall = Math.max(height, width) <= SMALL_SIDE;
  const isSquare = height === width;
  const resized =
    isSmall || !isSquare ? [stretched(target), ...crops] : [crops[0] as Sizing, stretched(target), ...crops.slice(1)];
  const fills = given.every((size) => size.height <= height && size.width <= width);
  const fillings = [0, 127, 255].map((value) => padded(target, value));
  // Lines of text come at the model's height already and are filled up on the right.
  if (fills && given.every((size) => size.height === height)) return [...fillings, ...resized];
  return fills ? [...resized, ...fillings] : resized;
}

/** The steps in the order of Neural Compressor's pipelines: layout, size, colours, scale, layout. */
export function planSteps(
  { scaling, order, sizing }: PreprocessingPlan,
  { from, to }: SampleGeometry,
): TransformStep[] {
  return [
    ...(from === 'channels-first' ? [step('Transpose', { perm: [1, 2, 0] })] : []),
    ...sizing.steps,
    ...(order === 'BGR' ? [step('ReverseChannels')] : []),
    ...scaling.steps(order),
    ...(to.order === 'channels-first' && from !== 'flat' ? [step('Transpose', { perm: [2, 0, 1] })] : []),
  ];
}

export function planWords({ scaling, order, sizing }: PreprocessingPlan, { from, to }: SampleGeometry): string {
  const colours = to.channels === 3 && scaling !== AS_THEY_ARE ? order : '';
  const isMoved = from !== to.order && (from === 'channels-first' || from === 'channels-last');
  const layout =
    scaling === AS_THEY_ARE && isMoved ? `channels put ${to.order === 'channels-first' ? 'first' : 'last'}` : '';
  return [scaling.words, colours, layout, sizing.words].filter((word) => word !== '').join(', ');
}
