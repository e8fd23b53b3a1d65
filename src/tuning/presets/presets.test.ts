import { expect, it } from 'vitest';
import type { modelCapability } from '../../quantize/capability.ts';
import { vocabulary } from '../../engine/vocabulary.ts';
import { parseConfig } from '../config/parse.ts';
import type { TuneSettings } from '../config/settings.ts';
import { buildSpace } from '../space.ts';
import { op, option } from '../testing/simulation.ts';
import type { Preset } from './preset.ts';
import { PRESETS } from './registry.ts';

type Tree = { [key: string]: Tree | string };

/** As JSON, which is YAML too; values are YAML themselves. */
function yamlOf({ values }: Preset): string {
  const tree: Tree = {};
  for (const { path, value } of values) {
    if (value === null) continue;
    let at = tree;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Tree;
    at[path.at(-1) ?? ''] = value;
  }
  const write = (node: Tree | string): string =>
    typeof node === 'string'
      ? node
      : `{${Object.entries(node)
          .map(([key, below]) => `${key}: ${write(below)}`)
          .join(', ')}}`;
  return write(tree);
}

const read = (preset: Preset): ReturnType<typeof parseConfig> => parseConfig(yamlOf(preset), vocabulary);
const settingsOf = (name: string): TuneSettings => read(PRESETS.find((each) => each.name === name) as Preset).settings;

it.each(PRESETS.map((preset) => [preset.name, preset] as const))('%s is understood to the last word', (_, preset) => {
  expect(read(preset).warnings).toEqual([]);
  expect(preset.help).toMatch(/^Use it .*\.$/);
});

it('asks for what its names say', () => {
  expect(settingsOf('recommended').tuning.strategy.name).toBe('auto');
  expect(settingsOf('quick-look').tuning.exitPolicy).toMatchObject({ timeoutSeconds: 60, maxTrials: 5 });
  expect(settingsOf('most-accurate').tuning.objective).toBe('accuracy');
  expect(settingsOf('inc-basic').tuning).toMatchObject({
    strategy: { name: 'basic' },
    exitPolicy: { earlyStopping: 'off' },
  });
  const capability = {
    ops: [{ ...op('conv1', 'Conv', [option('per_channel')]), pays: true, weightBytes: 100 }],
    smoothable: false,
    recipes: [],
  } as unknown as ReturnType<typeof modelCapability>;
  const int8 = (name: string): number => buildSpace(capability, settingsOf(name)).space.ops[0]?.int8.length ?? -1;
  expect(int8('smallest-at-no-cost')).toBe(0);
  expect(int8('recommended')).toBe(1);
});
