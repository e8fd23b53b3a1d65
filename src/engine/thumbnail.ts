import { encode } from 'fast-png';
import { toBase64 } from '../base/base64.ts';
import { numbersOf } from '../base/numbers.ts';
import { extremes } from '../base/statistics.ts';
import type { Tensor } from '../base/tensor.ts';
import { pixelLayout } from '../data/image-layout.ts';

/** Longest side in pixels. */
const SIDE = 96;
/** A plane narrower than this is a table of features, not a picture. */
const LEAST_SIDE = 8;

/**
 * A sample as the model sees it, [1, C, H, W], [1, H, W, C] or [1, H, W] with 1, 3 or 4 channels, as a PNG data URL of at most
 * `SIDE` pixels a side: the range of its values is stretched to 0–255, channels in reverse (`isReversed`) are turned back.
 * Undefined where it is no picture.
 */
export function thumbnail(input: Tensor, { isReversed = false } = {}): string | undefined {
  const layout = pixelLayout(input.dims.slice(1));
  if (!layout || Math.min(layout.height, layout.width) < LEAST_SIDE) return undefined;
  const { width, height } = layout;
  const values = numbersOf(input);
  const [low, high] = extremes(values);
  const shown = layout.channels === 1 ? 1 : 3;
  const scale = Math.min(1, SIDE / Math.max(height, width));
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const pixels = new Uint8Array(size.width * size.height * shown);
  for (let y = 0; y < size.height; y++) {
    const rows = spanOf(y, size.height, height);
    for (let x = 0; x < size.width; x++) {
      const columns = spanOf(x, size.width, width);
      for (let colour = 0; colour < shown; colour++) {
        const channel = isReversed ? layout.channels - 1 - colour : colour;
        let sum = 0;
        for (let row = rows.start; row < rows.end; row++)
          for (let column = columns.start; column < columns.end; column++)
            sum += values[layout.at(row * width + column, channel)] as number;
        const mean = sum / ((rows.end - rows.start) * (columns.end - columns.start));
        pixels[(y * size.width + x) * shown + colour] = Math.round((255 * (mean - low)) / (high - low || 1));
      }
    }
  }
  return `data:image/png;base64,${toBase64(encode({ ...size, data: pixels, channels: shown, depth: 8 }))}`;
}

/** The pixels of `from` that a pixel of `to` covers. */
function spanOf(at: number, to: number, from: number): { readonly start: number; readonly end: number } {
  const start = Math.floor((at * from) / to);
  return { start, end: Math.max(start + 1, Math.floor(((at + 1) * from) / to)) };
}
