import { CORE_SCHEMA, dump, realMapTag } from 'js-yaml';
import type { Warning } from '../../base/fault-codes.ts';
import { Cursor } from './cursor.ts';
import type { Vocabulary } from './named.ts';
import { settingsShape } from './settings.ts';
import type { TuneSettings } from './settings.ts';
import { ConfigSource } from './source.ts';
import { parseYaml } from './yaml-tree.ts';

export interface ParsedConfig {
  readonly settings: TuneSettings;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a tuning configuration in Neural Compressor's YAML. An empty one gives the defaults and a warning. Throws
 * `config-*` faults with file, line and column.
 */
export function parseConfig(text: string, vocabulary: Vocabulary, fileName?: string): ParsedConfig {
  const source = new ConfigSource(text, fileName);
  const root = parseYaml(source);
  if (root === null) {
    const message = `${fileName ?? 'The configuration'} is empty; every setting has its default.`;
    return { settings: defaultSettings(vocabulary), warnings: [{ code: 'config-empty', message }] };
  }
  const warnings: Warning[] = [];
  const cursor = new Cursor(source, root, '', warnings);
  if (root.kind !== 'map') {
    throw cursor.fault('config-not-a-map', {
      message: 'The configuration is not a map of sections.',
      found: cursor.found(),
      accepted: settingsShape(vocabulary).accepts,
      next: 'Check that this is the file you meant.',
    });
  }
  return { settings: settingsShape(vocabulary).read(cursor), warnings };
}

/** The settings of a session without configuration. */
export function defaultSettings(vocabulary: Vocabulary): TuneSettings {
  return settingsShape(vocabulary).defaults;
}

/** YAML that `parseConfig` reads back to the same settings. */
export function settingsToYaml(settings: TuneSettings): string {
  const written = settingsShape({ metrics: [], transforms: [], strategies: [] }).write(settings);
  return dump(written, { schema: CORE_SCHEMA.withTags(realMapTag), lineWidth: 120, noRefs: true });
}
