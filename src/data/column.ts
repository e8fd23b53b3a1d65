import type { Tensor, TensorType } from '../base/tensor.ts';
import type { Sample } from './sample.ts';

/** A named array of the data whose first dimension is the samples. */
export interface ArrayColumn {
  readonly kind: 'array';
  readonly name: string;
  readonly file: string;
  readonly type: TensorType;
  /** Samples first; at least one dimension. */
  readonly dims: readonly number[];
  readonly count: number;
  /** Place among the model's inputs, where neither file nor tensor has a name. */
  readonly ordinal?: number;
  /** Values without a shape, as a tf.Example holds them: any input that takes as many can read them. */
  readonly isFlat?: boolean;
  /** Rows `start … start+count-1`. Throws `data-truncated`. */
  read(start: number, count: number): Promise<Tensor>;
}

/** Pictures, H×W×C, possibly of different sizes, with values 0–255. */
export interface ImageColumn {
  readonly kind: 'image';
  readonly name: string;
  readonly file: string;
  readonly count: number;
  /** Where sample `index` comes from, for messages. */
  place(index: number): string;
  /** Channels are those of the file: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. Throws `data-unreadable`, `data-truncated`. */
  read(index: number): Promise<Sample>;
}

export type Column = ArrayColumn | ImageColumn;

/** A field of a table. */
export interface TableField {
  readonly name: string;
  readonly file: string;
  readonly rows: number;
  /** Of the first row; null: text. */
  readonly dims: readonly number[] | null;
  /** Inputs that it feeds. */
  readonly feeds: readonly string[];
}

/** What a loader makes of the files. */
export interface LoadedColumns {
  readonly columns: readonly Column[];
  readonly labels?: ArrayColumn;
  /** What can be nothing but labels. */
  readonly texts?: readonly TableField[];
  /** Of a table, whose columns are made for the inputs: every field, and which is the labels. */
  readonly table?: { readonly fields: readonly TableField[]; readonly labels: string | null };
  /** By class number, where folders, a list or the labels themselves name the classes. */
  readonly classNames?: readonly string[];
  /** Whether classes are numbered in the sorted order of their names, since nothing lists them in the model's. */
  readonly assumesOrder?: boolean;
  /** What was left aside or assumed. */
  readonly warnings: readonly string[];
}

/** Values held in memory as a column: labels that come from folder names or tables. */
export function memoryColumn(name: string, file: string, tensor: Tensor): ArrayColumn {
  const [count = 0, ...rest] = tensor.dims;
  const row = rest.reduce((product, dim) => product * dim, 1);
  return {
    kind: 'array',
    name,
    file,
    type: tensor.type,
    dims: tensor.dims,
    count,
    read: async (start, rows) => ({
      type: tensor.type,
      dims: [rows, ...rest],
      data: tensor.data.slice(start * row, (start + rows) * row),
    }),
  };
}
