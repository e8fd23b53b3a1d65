import type { FaultCode } from './fault-codes.ts';

/** What a person needs to mend bad input: which file, where in it, what was there, what would be right, what to do. */
export interface FaultDetails {
  readonly message: string;
  readonly file?: string;
  /** Line and key of a YAML file, a tensor, a node, an array of an archive, a sample. */
  readonly place?: string;
  readonly found?: string;
  readonly accepted?: string;
  readonly next?: string;
}

/** A fault as data: what crosses worker borders and lies in journals. */
export interface FaultRecord extends FaultDetails {
  readonly code: FaultCode;
}

/** An error that a user can act on. Tests assert `code`, never the text. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly details: FaultDetails;

  constructor(code: FaultCode, details: FaultDetails, options?: ErrorOptions) {
    super(details.message, options);
    this.name = 'Fault';
    this.code = code;
    this.details = details;
  }

  /** The fault in words, one line per fact. */
  explain(): string {
    const { message, file, place, found, accepted, next } = this.details;
    return [
      `${file === undefined ? '' : `${file}: `}${message} [${this.code}]`,
      place && `  where:    ${place}`,
      found && `  found:    ${found}`,
      accepted && `  accepted: ${accepted}`,
      next && `  next:     ${next}`,
    ]
      .filter(Boolean)
      .join('\n');
  }

  toRecord(): FaultRecord {
    return { code: this.code, ...this.details };
  }

  static fromRecord({ code, ...details }: FaultRecord): Fault {
    return new Fault(code, details);
  }

  /** Wraps anything thrown: a Fault stays what it is, the rest becomes `internal`. */
  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Fault('internal', { message, next: 'This is a fault of Octet; please report it.' }, { cause: thrown });
  }
}
