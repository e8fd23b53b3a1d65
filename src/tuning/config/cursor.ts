import type { Fault, FaultDetails } from '../../base/fault.ts';
import type { FaultCode, Warning } from '../../base/fault-codes.ts';
import { nearest } from '../../base/nearest.ts';
import type { ConfigSource } from './source.ts';
import { plainScalar } from './yaml-tree.ts';
import type { YamlNode } from './yaml-tree.ts';

/** A value of the configuration where it stands: node, dotted path, and where warnings go. */
export class Cursor {
  readonly source: ConfigSource;
  readonly node: YamlNode;
  readonly path: string;
  readonly warnings: Warning[];

  constructor(source: ConfigSource, node: YamlNode, path: string, warnings: Warning[]) {
    this.source = source;
    this.node = node;
    this.path = path;
    this.warnings = warnings;
  }

  /** The value of `key`; undefined where this is no map, the key is absent, or its value is null. */
  child(key: string): Cursor | undefined {
    return this.children().find((entry) => entry.key === key && !entry.cursor.isNull())?.cursor;
  }

  /** Entries of a map in file order; none for anything else. */
  children(): { readonly key: string; readonly keyOffset: number; readonly cursor: Cursor }[] {
    if (this.node.kind !== 'map') return [];
    return this.node.entries.map(({ key, keyOffset, value }) => ({
      key,
      keyOffset,
      cursor: new Cursor(this.source, value, this.path === '' ? key : `${this.path}.${key}`, this.warnings),
    }));
  }

  item(node: YamlNode, index: number): Cursor {
    return new Cursor(this.source, node, `${this.path}[${index}]`, this.warnings);
  }

  /** The same place with nothing at it. */
  emptied(): Cursor {
    return new Cursor(this.source, plainScalar('', this.node.offset), this.path, this.warnings);
  }

  isNull(): boolean {
    return this.node.kind === 'scalar' && this.node.value === null;
  }

  /** What stands here, short, for messages. */
  found(): string {
    if (this.node.kind === 'map') return `a map (${this.node.entries.map(({ key }) => key).join(', ') || 'empty'})`;
    if (this.node.kind === 'list') return `a list of ${this.node.items.length}`;
    return this.node.text === '' ? 'nothing' : this.node.text.slice(0, 80);
  }

  fault(code: FaultCode, details: FaultDetails, offset = this.node.offset): Fault {
    return this.source.fault(code, details, offset, this.path);
  }

  /** `config-invalid-value`: what was found, what is accepted, and the nearest accepted word if there is one. */
  invalid(accepted: string, words: readonly string[] = []): Fault {
    const near = this.node.kind === 'scalar' ? nearest(this.node.text, words) : undefined;
    return this.fault('config-invalid-value', {
      message: `The value of ${this.path} is not one that Octet understands.`,
      found: this.found(),
      accepted,
      next: near === undefined ? 'Change the value.' : `Did you mean ${near}?`,
    });
  }

  warn(code: string, message: string, offset = this.node.offset): void {
    this.warnings.push({ code, message, place: this.source.place(offset, this.path) });
  }
}
