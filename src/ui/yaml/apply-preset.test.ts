import { expect, it } from 'vitest';
import { PRESETS } from '../../tuning/presets/registry.ts';
import { applyPreset } from './apply-preset.ts';

const TEXT = `# from a colleague
tuning:
  strategy:
    name: basic # the safe one
  accuracy_criterion:
    relative: 0.02
  exit_policy:
    max_trials: 7
`;
const preset = (name: string): (typeof PRESETS)[number]['values'] =>
  PRESETS.find((each) => each.name === name)?.values ?? [];

it('sets single values, tells which, and keeps comments and the criterion', () => {
  const { text, changed, refused } = applyPreset(TEXT, preset('fastest'));
  expect(refused).toEqual([]);
  expect(text).toContain('# from a colleague');
  expect(text).toContain('name: auto # the safe one');
  expect(text).toContain('relative: 0.02');
  expect(text).toContain('approach: post_training_auto_quant');
  expect(changed).toContainEqual({ key: 'tuning.strategy.name', from: 'basic', to: 'auto' });
  expect(changed).toContainEqual({ key: 'tuning.exit_policy.max_trials', from: '7', to: '300' });
});

it('leaves nothing of one preset behind another', () => {
  for (const first of PRESETS) {
    for (const second of PRESETS) {
      const direct = applyPreset(TEXT, second.values).text;
      const detour = applyPreset(applyPreset(TEXT, first.values).text, second.values).text;
      expect(
        detour
          .split('\n')
          .map((row) => row.replace(/#.*/, '').trim())
          .sort(),
        `${first.name}, ${second.name}`,
      ).toEqual(
        direct
          .split('\n')
          .map((row) => row.replace(/#.*/, '').trim())
          .sort(),
      );
      expect(applyPreset(detour, second.values).changed).toEqual([]);
    }
  }
});

it('leaves what is in braces, and says so', () => {
  const braces = 'tuning: {strategy: {name: basic}}\n';
  const { text, refused } = applyPreset(braces, preset('quick-look'));
  expect(text).toBe(braces);
  expect(refused).toContain('tuning.strategy.name');
});
