import type { SourceFile } from '../base/source-file.ts';
import type { TensorType } from '../base/tensor.ts';
import type { ArrayChoice, ArrayTable } from '../base/array-choice.ts';
import type { Preprocessing } from '../history/preprocessing.ts';

export interface PreviewRequest {
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly evaluation: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
  /** In place of what the configuration says. */
  readonly arrays?: ArrayChoice;
  /** In place of a search. */
  readonly preprocessing?: Preprocessing;
  /** Transforms as the user wrote them, one `Name: {options}` a line; in place of those of `preprocessing`. */
  readonly edited?: { readonly text: string; readonly labelShift: number };
}

/** What one input gets of a sample. */
export interface PreviewedInput {
  readonly name: string;
  /** Scaled back to 0–255 for the eye, colours in the order RGB; null where the values are no picture. */
  readonly picture: {
    readonly width: number;
    readonly height: number;
    readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  } | null;
  /** The first of its values. */
  readonly values: readonly number[];
  readonly hasMore: boolean;
}

/** A sample as the model gets it. */
export interface PreviewedSample {
  /** Number in the data. */
  readonly number: number;
  /** In the order of the model's inputs. */
  readonly inputs: readonly PreviewedInput[];
  /** Name or number of its class; null without labels of classes. */
  readonly label: string | null;
  /** What the float model says; null where its output has no classes. */
  readonly answer: string | null;
}

/** What a session would do with the data, before it begins. */
export interface DataPreview {
  /** Which array feeds which input. */
  readonly inputs: readonly {
    readonly name: string;
    readonly type: TensorType;
    readonly dims: readonly (number | null)[];
    readonly from: string;
    readonly file: string;
  }[];
  readonly arrays: ArrayTable;
  readonly samples: number;
  readonly hasLabels: boolean;
  readonly classNames: readonly string[];
  /** Null where the configuration states transforms, and where nothing is to be done. */
  readonly preprocessing: Preprocessing | null;
  readonly isStated: boolean;
  /** Smallest and largest number that the model gets, of the samples shown. */
  readonly range: readonly [number, number];
  readonly shown: readonly PreviewedSample[];
  readonly warnings: readonly string[];
}
