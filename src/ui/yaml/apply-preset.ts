import type { PresetValue } from '../../tuning/presets/preset.ts';
import { withoutYamlValue, withYamlValue, yamlLines } from './yaml-lines.ts';

export interface AppliedPreset {
  readonly text: string;
  /** Values that differ now, in order; null stands for the default. */
  readonly changed: readonly { readonly key: string; readonly from: string | null; readonly to: string | null }[];
  /** Keys that stand in a form that only a person can change. */
  readonly refused: readonly string[];
}

/** Sets single values of a YAML text; everything else stays as it was, comments included. */
export function applyPreset(text: string, values: readonly PresetValue[]): AppliedPreset {
  let now = text;
  const changed: AppliedPreset['changed'][number][] = [];
  const refused: string[] = [];
  for (const { path, value } of values) {
    const key = path.join('.');
    const from = valueAt(now, path);
    if (from === value) continue;
    const next = value === null ? withoutYamlValue(now, path) : withYamlValue(now, path, value);
    if (next === null) refused.push(key);
    else if (next !== now) changed.push({ key, from, to: value });
    now = next ?? now;
  }
  return { text: now, changed, refused };
}

function valueAt(text: string, path: readonly string[]): string | null {
  const line = yamlLines(text).find((each) => each.path.join('\0') === path.join('\0'));
  return line ? text.slice(line.valueFrom, line.valueTo) : null;
}
