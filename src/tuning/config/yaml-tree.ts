import {
  EVENT_ID,
  NOT_RESOLVED,
  SCALAR_STYLE,
  YAMLException,
  boolCoreTag,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  nullCoreTag,
  parseEvents,
} from 'js-yaml';
import type { AliasEvent, Event, ScalarEvent } from 'js-yaml';
import type { ConfigSource } from './source.ts';

export type YamlScalar = null | boolean | number | string;

/** YAML with the place of every value: what js-yaml's values lack and its events have. `size` counts expanded aliases. */
export type YamlNode =
  | {
      readonly kind: 'scalar';
      readonly offset: number;
      readonly size: 1;
      readonly text: string;
      readonly value: YamlScalar;
    }
  | { readonly kind: 'list'; readonly offset: number; readonly size: number; readonly items: readonly YamlNode[] }
  | YamlMap;

export interface YamlMap {
  readonly kind: 'map';
  readonly offset: number;
  readonly size: number;
  /** In file order; keys are text, whatever they look like. */
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: YamlNode;
}

/** A configuration has some hundred values; aliases that unfold to more than this are an attack or an accident. */
const MAX_EXPANDED_NODES = 20_000;

/** Parses one YAML document; null for an empty one. Throws `config-not-yaml`, `config-tabs`, `config-alias-bomb`. */
export function parseYaml(source: ConfigSource): YamlNode | null {
  const events = parseToEvents(source);
  const documents = events.filter((event) => event.type === EVENT_ID.DOCUMENT).length;
  if (documents > 1) {
    throw source.fault('config-not-yaml', { message: `The file holds ${documents} YAML documents; Octet reads one.` });
  }
  const root = new TreeBuilder(source, events).build();
  return root === null || (root.kind === 'scalar' && root.value === null) ? null : root;
}

function parseToEvents(source: ConfigSource): Event[] {
  try {
    return parseEvents(source.text, {});
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const offset = error.mark?.position;
    const tab = /^ *\t[ \t]*\S/m.exec(source.text);
    if (tab !== null && (offset === undefined || tab.index <= offset)) {
      throw source.fault(
        'config-tabs',
        { message: 'The line is indented with a tab; YAML allows only spaces.', next: 'Replace the tab by spaces.' },
        tab.index,
      );
    }
    if (offset === undefined && /empty/.test(error.reason)) return [];
    throw source.fault(
      'config-not-yaml',
      {
        message: `The file is not valid YAML: ${error.reason}.`,
        next: 'Mend the line, or drop the file and use the form.',
      },
      offset,
    );
  }
}

class TreeBuilder {
  readonly #source: ConfigSource;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, YamlNode>();
  #next = 0;
  #expanded = 0;

  constructor(source: ConfigSource, events: readonly Event[]) {
    this.#source = source;
    this.#events = events;
  }

  build(): YamlNode | null {
    if (this.#take()?.type !== EVENT_ID.DOCUMENT) return null;
    return this.#node();
  }

  #take(): Event | undefined {
    return this.#events[this.#next++];
  }

  #node(): YamlNode | null {
    const event = this.#take();
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event));
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, this.#list(event.start));
      case EVENT_ID.MAPPING:
        return this.#anchored(event, this.#map(event.start));
      case EVENT_ID.ALIAS:
        return this.#alias(event);
      default:
        return null;
    }
  }

  #scalar(event: ScalarEvent): YamlNode {
    const text = event.valueStart < 0 ? '' : getScalarValue(this.#source.text, event);
    const tag = event.tagStart < 0 ? '' : this.#source.text.slice(event.tagStart, event.tagEnd);
    const isText = event.style !== SCALAR_STYLE.PLAIN || tag === '!!str';
    const offset = event.valueStart < 0 ? this.#lastOffset() : event.valueStart;
    if (tag !== '' && !/^!!(str|int|float|bool|null)$/.test(tag)) {
      throw this.#source.fault('config-not-yaml', { message: `The YAML tag ${tag} is not supported.` }, event.tagStart);
    }
    this.#count(1, offset);
    return { kind: 'scalar', offset, size: 1, text, value: isText ? text : resolvePlain(text) };
  }

  /** An absent value (`key:`) has no place of its own: that of the key before it. */
  #lastOffset(): number {
    for (let i = this.#next - 2; i >= 0; i--) {
      const event = this.#events[i];
      if (event?.type === EVENT_ID.SCALAR && event.valueStart >= 0) return event.valueStart;
    }
    return 0;
  }

  #list(offset: number): YamlNode {
    const items: YamlNode[] = [];
    for (let item = this.#node(); item !== null; item = this.#node()) items.push(item);
    this.#count(1, offset);
    return { kind: 'list', offset, size: items.reduce((sum, { size }) => sum + size, 1), items };
  }

  #map(offset: number): YamlNode {
    const own: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    for (let key = this.#node(); key !== null; key = this.#node()) {
      const value = this.#node();
      if (value === null) break;
      if (key.kind !== 'scalar') {
        throw this.#source.fault(
          'config-not-yaml',
          { message: 'A key must be plain text, not a list or a map.' },
          key.offset,
        );
      }
      if (key.text === '<<') merged.push(...this.#mergedEntries(value));
      else this.#addOwn(own, { key: key.text, keyOffset: key.offset, value });
    }
    const present = new Set(own.map((entry) => entry.key));
    const entries = [...own];
    for (const entry of merged) {
      if (present.has(entry.key)) continue;
      present.add(entry.key);
      entries.push(entry);
    }
    this.#count(1, offset);
    return { kind: 'map', offset, size: entries.reduce((sum, { value }) => sum + 1 + value.size, 1), entries };
  }

  #addOwn(own: YamlEntry[], entry: YamlEntry): void {
    const earlier = own.find(({ key }) => key === entry.key);
    if (earlier !== undefined) {
      const message = `The key ${entry.key} stands twice; first in line ${this.#source.line(earlier.keyOffset)}.`;
      throw this.#source.fault('config-not-yaml', { message, next: 'Keep one of the two.' }, entry.keyOffset);
    }
    own.push(entry);
  }

  #mergedEntries(value: YamlNode): readonly YamlEntry[] {
    if (value.kind === 'map') return value.entries;
    if (value.kind === 'list') return value.items.flatMap((item) => this.#mergedEntries(item));
    throw this.#source.fault(
      'config-not-yaml',
      { message: 'A merge key << takes a map or a list of maps.' },
      value.offset,
    );
  }

  #anchored(event: { readonly anchorStart: number; readonly anchorEnd: number }, node: YamlNode): YamlNode {
    if (event.anchorStart >= 0) this.#anchors.set(this.#source.text.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  #alias(event: AliasEvent): YamlNode {
    const name = this.#source.text.slice(event.anchorStart, event.anchorEnd);
    const node = this.#anchors.get(name);
    if (node === undefined) {
      throw this.#source.fault(
        'config-not-yaml',
        { message: `The alias *${name} names no anchor before it.` },
        event.anchorStart,
      );
    }
    this.#count(node.size, event.anchorStart);
    return node;
  }

  #count(nodes: number, offset: number): void {
    this.#expanded += nodes;
    if (this.#expanded <= MAX_EXPANDED_NODES) return;
    throw this.#source.fault(
      'config-alias-bomb',
      {
        message: `The aliases of this file unfold to more than ${MAX_EXPANDED_NODES} values.`,
        next: 'Write the values out, or use fewer aliases.',
      },
      offset,
    );
  }
}

/** An unquoted scalar, for values that stand inside a string (`"64, 256"`). */
export function plainScalar(text: string, offset: number): YamlNode {
  return { kind: 'scalar', offset, size: 1, text, value: resolvePlain(text) };
}

/** YAML 1.2 core schema. */
function resolvePlain(text: string): YamlScalar {
  for (const tag of [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag]) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return text;
}
