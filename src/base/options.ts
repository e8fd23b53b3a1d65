/**
 * Options of a pluggable part (metric, transform, strategy …), declared once in its file: they feed the YAML schema,
 * the form in the page and the docs.
 */
export interface OptionDeclaration {
  readonly type: 'integer' | 'number' | 'boolean' | 'string' | 'integers' | 'numbers' | 'strings';
  readonly help: string;
  /** Absent: the option must be given. */
  readonly default?: OptionValue;
  readonly allowed?: readonly (string | number)[];
  readonly min?: number;
  readonly max?: number;
}

export type OptionValue = number | boolean | string | readonly number[] | readonly string[] | null;
export type OptionSchema = Readonly<Record<string, OptionDeclaration>>;
export type OptionValues = Readonly<Record<string, OptionValue>>;
