import { expect, it } from 'vitest';
import type { StrategyContext, TuneConfig, TuningSpace } from '../types.ts';
import { isCompact } from '../compact.ts';
import { FLOAT_PRECISIONS } from './float-precisions.ts';

async function proposed(space: Pick<TuningSpace, 'weightStorage' | 'float16Compute'>) {
  const conclusions: string[] = [];
  const context = { space, conclude: (reason: string) => conclusions.push(reason) } as unknown as StrategyContext;
  const configs: TuneConfig[] = [];
  const steps = FLOAT_PRECISIONS.propose(context);
  for (let step = await steps.next(); !step.done; step = await steps.next([]))
    configs.push(...step.value.map(({ config }) => config));
  return { configs, conclusion: conclusions.at(-1) };
}

it('tries float16 compute with weights in 16 and in 8 bits, or as they are pinned', async () => {
  const { configs } = await proposed({ weightStorage: 'auto', float16Compute: 'offered' });
  expect(configs.map(({ weightStorage }) => weightStorage)).toEqual(['float16', 'auto']);
  // Other kernels than those of the float model: no compact model.
  expect(configs.some((config) => isCompact({ config }))).toBe(false);
  const pinned = await proposed({ weightStorage: 'float16', float16Compute: 'offered' });
  expect(pinned.configs.map(({ weightStorage }) => weightStorage)).toEqual(['float16']);
});

it('proposes nothing where there is no float16, and says why', async () => {
  const { configs, conclusion } = await proposed({ weightStorage: 'auto' });
  expect(configs).toEqual([]);
  expect(conclusion).toContain('no int8 kernels');
});
