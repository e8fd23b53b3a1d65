import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { Fault } from '../base/fault.ts';
import type { ByteSource } from './byte-source.ts';
import type { Sample } from './sample.ts';
import { sniffBytes } from './sniff.ts';

/** Gray values of 1, 2 or 4 bits, packed row by row, spread to 0–255. */
function unpackGray({ width, height, depth, data }: DecodedPng): Sample['data'] {
  const out = new Float32Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  const top = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)] ?? 0;
      out[y * width + x] = (((byte >> (8 - depth - (bit & 7))) & top) * 255) / top;
    }
  }
  return out;
}

/** 16-bit values are brought to 0–255 without rounding, so that every picture has the same scale. */
function fromPng(bytes: Uint8Array): Sample {
  const image = decodePng(bytes);
  const { width, height, channels, depth, data } = image;
  if (image.palette) {
    const colours = convertIndexedToRgb(image);
    return {
      type: 'uint8',
      dims: [height, width, colours.length / (width * height)],
      data: Float32Array.from(colours),
    };
  }
  const dims = [height, width, channels];
  if (depth < 8) return { type: 'uint8', dims, data: unpackGray(image) };
  if (depth === 16) return { type: 'float32', dims, data: Float32Array.from(data, (value) => value / 257) };
  return { type: 'uint8', dims, data: Float32Array.from(data) };
}

function fromJpeg(bytes: Uint8Array): Sample {
  const { width, height, data } = decodeJpeg(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false });
  return { type: 'uint8', dims: [height, width, 3], data: Float32Array.from(data) };
}

/**
 * A PNG or JPEG file as H×W×C pixels 0–255. The decoders are the same in browsers and in Node, so the pixels are too.
 * Throws `data-format-unknown`, `data-unreadable`.
 */
export async function decodeImage(source: ByteSource): Promise<Sample> {
  const bytes = await source.read();
  const format = sniffBytes(bytes.subarray(0, 16));
  const place = source.path;
  if (format !== 'png' && format !== 'jpeg') {
    throw new Fault('data-format-unknown', {
      message: 'The picture is neither PNG nor JPEG.',
      file: source.file,
      place,
      accepted: 'PNG, JPEG',
      next: 'Convert the picture to PNG.',
    });
  }
  try {
    return format === 'png' ? fromPng(bytes) : fromJpeg(bytes);
  } catch (thrown) {
    throw new Fault(
      'data-unreadable',
      {
        message: 'The picture cannot be decoded; it may be cut off.',
        file: source.file,
        place,
        found: thrown instanceof Error ? thrown.message : String(thrown),
        next: 'Replace the picture, or leave it out.',
      },
      { cause: thrown },
    );
  }
}
