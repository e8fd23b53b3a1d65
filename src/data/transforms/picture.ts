import { Fault } from '../../base/fault.ts';
import type { OptionDeclaration } from '../../base/options.ts';
import type { Sample } from '../sample.ts';

export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export function transformFault(message: string, found: string, next: string): Fault {
  return new Fault('data-transform-invalid', { message, found, next });
}

/** Height, width and channels of an H×W×C sample. Throws `data-transform-invalid` for other ranks. */
export function pictureSize({ dims }: Sample): PictureSize {
  const [height, width, channels] = dims;
  if (dims.length === 3 && height !== undefined && width !== undefined && channels !== undefined)
    return { height, width, channels };
  throw transformFault(
    'The transform works on pictures of height, width and channels.',
    `a sample of shape [${dims.join(', ')}]`,
    'Put it before transforms that change the order of dimensions, or leave it out.',
  );
}

/** The part of a picture inside a box. Throws `data-transform-invalid` where the box reaches outside. */
export function cropPicture(sample: Sample, { top, left, height, width }: Box): Sample {
  const size = pictureSize(sample);
  if (top < 0 || left < 0 || top + height > size.height || left + width > size.width) {
    throw transformFault(
      `The crop of ${width} × ${height} at (${left}, ${top}) reaches outside the picture.`,
      `a picture of ${size.width} × ${size.height}`,
      'Make the crop smaller, or put a Resize before it.',
    );
  }
  const data = new Float32Array(height * width * size.channels);
  const row = width * size.channels;
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * size.width + left) * size.channels;
    data.set(sample.data.subarray(start, start + row), y * row);
  }
  return { type: sample.type, dims: [height, width, size.channels], data };
}

/** The box of the given size in the middle; of two middles the one nearer the origin. */
export function centeredBox(size: PictureSize, height: number, width: number): Box {
  return { top: Math.floor((size.height - height) / 2), left: Math.floor((size.width - width) / 2), height, width };
}

/** Applies `convert` to every value; the channel runs fastest. The result is float32. */
export function mapChannels(sample: Sample, convert: (value: number, channel: number) => number): Sample {
  const channels = sample.dims.at(-1) ?? 1;
  return { type: 'float32', dims: sample.dims, data: sample.data.map((value, i) => convert(value, i % channels)) };
}

export const interpolationOption: OptionDeclaration = {
  type: 'string',
  help: 'How values between pixels are made: as OpenCV does it, without smoothing before shrinking.',
  default: 'bilinear',
  allowed: ['bilinear', 'nearest', 'bicubic'],
};
