import { describe, expect, it } from 'vitest';
import { vocabulary } from '../../engine/vocabulary.ts';
import { METRICS } from '../../metrics/registry.ts';
import { STRATEGIES } from '../strategies/registry.ts';
import type { OutlineKey } from './outline.ts';
import { settingsShape } from './settings.ts';

const root = settingsShape(vocabulary).parts ?? [];

function at(path: string): OutlineKey | undefined {
  const [first, ...others] = path.split('.');
  return others.reduce<OutlineKey | undefined>(
    (found, name) => found?.keys.find((key) => key.name === name),
    root.find((key) => key.name === first),
  );
}

function all(keys: readonly OutlineKey[]): OutlineKey[] {
  return keys.flatMap((key) => [key, ...all(key.keys)]);
}

describe('the outline of a configuration', () => {
  it('explains every key', () => {
    expect(all(root).length).toBeGreaterThan(100);
    expect(all(root).filter(({ help }) => help.length < 8)).toEqual([]);
  });

  it('knows defaults, closed sets and keys without effect, below sections that may be absent, too', () => {
    expect(at('tuning.exit_policy.max_trials')).toMatchObject({ default: '100', words: [], keys: [] });
    expect(at('tuning.exit_policy.early_stopping')?.words).toEqual(['racing', 'exact', 'off']);
    expect(at('evaluation.performance')?.unused).toContain('latency');
    expect(at('evaluation.accuracy.dataloader.last_batch')?.words).toEqual(['rollover', 'discard']);
  });

  it('offers what the registries hold, with options', () => {
    expect(at('evaluation.accuracy.metric')?.keys.map(({ name }) => name)).toEqual([...METRICS.keys()]);
    expect(at('evaluation.accuracy.metric.topk.k')?.help).toBeTruthy();
    expect(at('tuning.strategy.name')?.words).toEqual(STRATEGIES.map(({ name }) => name));
    expect(at('tuning.strategy.probe_samples')?.help).toContain('auto');
  });
});
