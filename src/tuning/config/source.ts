import { Fault } from '../../base/fault.ts';
import type { FaultDetails } from '../../base/fault.ts';
import type { FaultCode } from '../../base/fault-codes.ts';

/** The text of a configuration and the name of its file: turns offsets into places for messages. */
export class ConfigSource {
  readonly text: string;
  readonly fileName: string | undefined;

  constructor(text: string, fileName?: string) {
    this.text = text.replace(/^\uFEFF/, '');
    this.fileName = fileName;
  }

  /** Line of an offset, from 1. */
  line(offset: number): number {
    let line = 1;
    for (let at = this.text.indexOf('\n'); at >= 0 && at < offset; at = this.text.indexOf('\n', at + 1)) line++;
    return line;
  }

  /** Column of an offset, from 1. */
  column(offset: number): number {
    return offset - this.text.lastIndexOf('\n', offset - 1);
  }

  /** `line 14, tuning.accuracy_criterion.relative (column 15)`. */
  place(offset: number, path?: string): string {
    return `line ${this.line(offset)}, ${path ? `${path} (column ${this.column(offset)})` : `column ${this.column(offset)}`}`;
  }

  fault(code: FaultCode, details: FaultDetails, offset?: number, path?: string): Fault {
    return new Fault(code, {
      ...(this.fileName === undefined ? {} : { file: this.fileName }),
      ...(offset === undefined ? {} : { place: this.place(offset, path) }),
      ...details,
    });
  }
}
