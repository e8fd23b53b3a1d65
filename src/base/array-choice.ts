/** Which array (or field of a table) feeds which input, and which holds the labels, where the user says so; names decide about the rest. */
export interface ArrayChoice {
  /** By input. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly labels?: string;
}

/** An array of the data, or a field of a table, that could be chosen. */
export interface ArraySummary {
  readonly name: string;
  readonly file: string;
  /** In plain words: type and shape of a sample. */
  readonly words: string;
  readonly samples: number;
  /** By input: why it cannot feed that; inputs that it fits are left out. */
  readonly unfit: Readonly<Record<string, string>>;
  /** Why it cannot be the labels; null: it can. */
  readonly noLabels: string | null;
}

/** All arrays, and which is used for what; null: none is. */
export interface ArrayTable {
  readonly arrays: readonly ArraySummary[];
  /** By input: type and shape that the model wants, in words. */
  readonly takes: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string | null>>;
  readonly labels: string | null;
}
