/** One number of the panel, with its name and what to compare it with. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone?: 'good' | 'warn' | undefined;
}
