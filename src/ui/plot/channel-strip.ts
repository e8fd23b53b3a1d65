/** Magnitudes of channels side by side, as plain geometry in pixels. */
export interface ChannelStrip {
  readonly bars: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly isLoud: boolean;
  }[];
  readonly medianY: number;
  /** The largest channel, its magnitude over that of the median one, and how many are as loud as `LOUD`. */
  readonly largest: number;
  readonly ratio: number;
  readonly loud: number;
}

export const STRIP_HEIGHT = 36;
/** From this ratio on the median channel has fewer than 32 of 255 steps; see `OUTLIER_RATIO` of the quantizer. */
export const LOUD = 8;

/** One bar for each channel; where there are more channels than pixels, for the largest of neighbours. Null where all are 0. */
export function channelStrip(channels: readonly number[], width: number): ChannelStrip | null {
  const alive = channels.filter((magnitude) => magnitude > 0).sort((a, b) => a - b);
  const median = alive[Math.floor((alive.length - 1) / 2)];
  const highest = alive.at(-1);
  if (median === undefined || highest === undefined) return null;
  const count = Math.min(channels.length, Math.max(1, Math.floor(width / 2)));
  const pitch = width / count;
  const bars = Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((edge) => Math.floor((edge * channels.length) / count));
    const magnitude = Math.max(...channels.slice(from, to));
    const height = Math.max(magnitude > 0 ? 1 : 0, (STRIP_HEIGHT * magnitude) / highest);
    const isLoud = magnitude >= LOUD * median;
    return {
      x: i * pitch,
      y: STRIP_HEIGHT - height,
      width: Math.max(1, pitch - (pitch > 4 ? 1 : 0.3)),
      height,
      isLoud,
    };
  });
  return {
    bars,
    medianY: STRIP_HEIGHT - (STRIP_HEIGHT * median) / highest,
    largest: channels.indexOf(highest),
    ratio: highest / median,
    loud: channels.filter((magnitude) => magnitude >= LOUD * median).length,
  };
}
