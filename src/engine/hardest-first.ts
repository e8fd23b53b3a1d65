import type { Metric } from '../metrics/metric.ts';
import type { Feed } from './feed.ts';

/**
 * The samples that the float model gets wrong first: they alone can make up for losses, so that once they are seen every loss
 * counts, and a model that misses is certain to miss sooner. Any order will do where nothing but certainty ends an evaluation.
 */
export function hardestFirst(
  feed: Feed,
  floatValues: ArrayLike<number>,
  metric: Metric,
  higherIsBetter: boolean,
): Feed {
  const isBest = isBestValue(metric, higherIsBetter);
  const order = feed.order.toSorted(
    (a, b) => Number(isBest(floatValues[a] as number)) - Number(isBest(floatValues[b] as number)),
  );
  return feed.inOrder('hardest first', order);
}

/**
 * Mean difference over all samples, from those that were seen: the mean of each kind, float right and float wrong, by how many
 * there are of it. Neither the order nor the luck of the draw between the kinds then matters.
 */
export function stratifiedDifference(
  values: ArrayLike<number>,
  floatValues: ArrayLike<number>,
  seen: readonly number[],
  metric: Metric,
  higherIsBetter: boolean,
): number {
  const isBest = isBestValue(metric, higherIsBetter);
  const kinds = [true, false].map((best) => {
    const own = seen.filter((sample) => isBest(floatValues[sample] as number) === best);
    const sum = own.reduce((total, i) => total + (values[i] as number) - (floatValues[i] as number), 0);
    const size = Array.from(floatValues).filter((value) => isBest(value) === best).length;
    return own.length === 0 ? 0 : (sum / own.length) * size;
  });
  return kinds.reduce((sum, each) => sum + each, 0) / floatValues.length;
}

function isBestValue({ range }: Metric, higherIsBetter: boolean): (value: number) => boolean {
  return (value) => value === (higherIsBetter ? range.max : range.min);
}
