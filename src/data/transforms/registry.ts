import { alignImageChannel } from './align-image-channel.ts';
import { bilinearImagenet } from './bilinear-imagenet.ts';
import { cast } from './cast.ts';
import { centerCrop } from './center-crop.ts';
import { cropResize } from './crop-resize.ts';
import { cropToBoundingBox } from './crop-to-bounding-box.ts';
import { normalize } from './normalize.ts';
import { padToSize } from './pad-to-size.ts';
import { rescale } from './rescale.ts';
import { resizeCropImagenet } from './resize-crop-imagenet.ts';
import { resizeWithAspectRatio } from './resize-with-aspect-ratio.ts';
import { resize } from './resize.ts';
import { reverseChannels } from './reverse-channels.ts';
import { toArray } from './to-array.ts';
import type { Transform } from './transform.ts';
import { transpose } from './transpose.ts';

export const TRANSFORMS: ReadonlyMap<string, Transform> = new Map(
  [
    alignImageChannel,
    bilinearImagenet,
    cast,
    centerCrop,
    cropResize,
    cropToBoundingBox,
    normalize,
    padToSize,
    rescale,
    resize,
    resizeCropImagenet,
    resizeWithAspectRatio,
    reverseChannels,
    toArray,
    transpose,
  ].map((transform) => [transform.name, transform]),
);
