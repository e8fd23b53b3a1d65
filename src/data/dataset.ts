import type { Tensor, TensorType } from '../base/tensor.ts';

export type { SourceFile } from '../base/source-file.ts';

/** Samples along the first dimension of every tensor; all tensors of a batch have the same number of samples. */
export interface Batch {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly labels?: Tensor;
}

/** What the model wants to be fed: used to name, cast and check arrays. Symbolic or unknown dims are null. */
export interface InputSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly (number | null)[];
}

/** Ordered samples, read batch by batch; memory is bounded by one batch (and by what an archive format forces). */
export interface Dataset {
  /** Label for people: the dropped file's or folder's name. */
  readonly name: string;
  readonly count: number;
  readonly hasLabels: boolean;
  /** By class number; absent where nothing names them. */
  readonly classNames?: readonly string[];
  /** What was noticed while opening (raw 0–255 bytes for a 0–1 input, ignored files …). */
  readonly warnings: readonly string[];
  /** Samples `start … start+count-1`; the tensors belong to the caller. Throws `data-*` faults. */
  read(start: number, count: number): Promise<Batch>;
  /** SHA-256 over the dropped bytes (paths and contents), the same on every platform. */
  sha256(): Promise<string>;
}
