import type { Sample } from './sample.ts';

/** Colour to gray as ITU-R BT.601 weighs it, the rule of Pillow and OpenCV. */
function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * A picture of 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA) channels with the wanted number of channels; without a wish, or
 * for a wish of 1 or 3, alpha is dropped, not blended. Missing alpha is 255.
 */
export function alignChannels(sample: Sample, wanted?: number): Sample {
  const [height = 0, width = 0, channels = 1] = sample.dims;
  const to = wanted ?? (channels < 3 ? 1 : 3);
  if (channels === to) return sample;
  const data = new Float32Array(height * width * to);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const from = sample.data.subarray(pixel * channels, (pixel + 1) * channels);
    const first = from[0] ?? 0;
    const [red, green, blue] = channels < 3 ? [first, first, first] : [first, from[1] ?? 0, from[2] ?? 0];
    if (to === 1) {
      const gray = channels < 3 ? first : luma(red, green, blue);
      data[pixel] = sample.type === 'uint8' ? Math.round(gray) : gray;
    } else {
      const alpha = channels % 2 === 0 ? (from[channels - 1] ?? 255) : 255;
      data.set([red, green, blue, alpha].slice(0, to), pixel * to);
    }
  }
  return { type: sample.type, dims: [height, width, to], data };
}
