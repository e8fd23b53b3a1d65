import { expect, it } from 'vitest';
import type { ModelStatistics, StatisticsCache } from '../history/session-record.ts';
import type { TuneEvent } from './events.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';

/** Keeps statistics as IndexedDB does: copied. */
class MemoryCache implements StatisticsCache {
  readonly kept = new Map<string, ModelStatistics>();
  load = async (key: string): Promise<ModelStatistics | null> => structuredClone(this.kept.get(key) ?? null);
  save = async (key: string, statistics: ModelStatistics): Promise<void> =>
    void this.kept.set(key, structuredClone(statistics));
}

const yaml = (samples: number): string => `
model: {framework: onnxrt_qdq}
quantization:
  calibration: {sampling_size: ${samples}}
  model_wise: {weight: {dtype: int8}, activation: {dtype: uint8}}
  recipes: {equalization: true, fast_bias_correction: true}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning: {strategy: {name: basic}, exit_policy: {performance_only: true}}`;

async function run(cache: StatisticsCache, samples: number) {
  const events: TuneEvent[] = [];
  const report = await tune(
    { ...inputs, config: { text: yaml(samples), fileName: 'tune.yaml' } },
    {
      ...platform,
      store: new MemoryStore(),
      statisticsCache: cache,
      startedAt: '2026-01-01T00:00:00Z',
      emit: (event) => events.push(event),
    },
  );
  const calibrations = events.filter((event) => event.type === 'stage' && event.stage === 'calibration').length;
  return { model: report.offer?.model, calibrations };
}

it('a second session on the same model and data makes the same model without calibrating', async () => {
  const cache = new MemoryCache();
  const first = await run(cache, 50);
  expect(first.calibrations).toBe(1);
  expect(cache.kept.size).toBe(1);
  expect(await run(cache, 50)).toEqual({ model: first.model, calibrations: 0 });
  expect((await run(cache, 60)).calibrations).toBe(1);
  expect(cache.kept.size).toBe(2);
});
