import { numbersOf } from '../base/numbers.ts';
import type { Tensor } from '../base/tensor.ts';
import { pixelLayout } from '../data/image-layout.ts';
import { sampleSource } from '../data/input-reader.ts';
import type { MatchedColumns } from '../data/match-columns.ts';
import type { Sample } from '../data/sample.ts';
import { chainTransforms } from '../data/transforms/chain.ts';
import { reversesChannels } from '../data/transforms/reverse-channels.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import type { PreviewedInput } from './preview-api.ts';

/** Smaller ones are no pictures to anybody. */
const MIN_PIXELS = 16;

/**
 * The tensor as a picture. What black and white become under the transforms says how to scale back, pixel by pixel; of arrays that
 * are fed as they are, the range of the samples does.
 */
export async function pictureOf(
  tensor: Tensor,
  matched: MatchedColumns['byInput'][number],
  number: number,
  settings: TuneSettings,
  range: readonly [number, number],
): Promise<PreviewedInput['picture']> {
  const dims = tensor.dims.slice(1);
  const layout = pixelLayout(dims);
  if (!layout) return null;
  const { width, height, channels } = layout;
  if (height * width < MIN_PIXELS || (dims.length === 2 && matched.column.kind !== 'image')) return null;
  const transforms = settings.evaluation.accuracy.dataloader?.transform ?? [];
  let limits: [ArrayLike<number>, ArrayLike<number>] | null = null;
  if (transforms.length > 0) {
    const chain = chainTransforms(transforms);
    for await (const raw of sampleSource(matched.input, matched.column).read(number, 1)) {
      const plain = (value: number): Sample => ({ ...raw, data: raw.data.map(() => value) });
      limits = [chain(plain(0)).data, chain(plain(255)).data];
    }
  }
  const values = numbersOf(tensor);
  const isReversed = reversesChannels(transforms);
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255);
  const at = (pixel: number, channel: number): number => {
    const i = layout.at(pixel, channel);
    const [low = 0, high = 1] = limits ? [limits[0][i], limits[1][i]] : range;
    const [least, most] = low === high ? range : [low, high];
    return (255 * ((values[i] ?? 0) - least)) / (most - least || 1);
  };
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      const channel = channels < 3 ? 0 : isReversed ? channels - 1 - colour : colour;
      rgba[4 * pixel + colour] = at(pixel, channel);
    }
  }
  return { width, height, rgba };
}
