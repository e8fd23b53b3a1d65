const random = 'It is random, and scores must come out the same each time.';

/** Transforms of Neural Compressor that Octet knows and does not run, with the reason. */
export const REFUSED_TRANSFORMS: ReadonlyMap<string, string> = new Map([
  ['RandomCrop', random],
  ['RandomResizedCrop', random],
  ['RandomHorizontalFlip', random],
  ['RandomVerticalFlip', random],
  ['ResizeWithRatio', 'It moves the boxes of detection labels, which Octet does not read.'],
]);
