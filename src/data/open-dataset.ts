import type { Tensor } from '../base/tensor.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import { baseName } from './byte-source.ts';
import type { ArrayColumn } from './column.ts';
import type { Batch, Dataset, InputSpec, SourceFile } from './dataset.ts';
import { fingerprint } from './fingerprint.ts';
import { checkFinite } from './finite.ts';
import { inputReader, type InputReader } from './input-reader.ts';
import { openColumns } from './open-columns.ts';
import { looksLikeRawBytes } from './raw-bytes.ts';
import { chainTransforms, type TransformSpec } from './transforms/chain.ts';

export type { TransformSpec };

export interface OpenOptions {
  readonly inputs: readonly InputSpec[];
  /** Applied to pictures and, for a model with one input, to arrays, exactly as given. */
  readonly transforms?: readonly TransformSpec[];
  /** `required`: data without usable labels are a fault. Default `optional`. */
  readonly labels?: 'required' | 'optional';
  /** Names of the classes in their order, where the model tells them; a list among the files goes before. */
  readonly classNames?: readonly string[];
  /** Which array is used for what, where names do not say it. */
  readonly arrays?: ArrayChoice;
  /** Default: the name of the dropped file or folder. */
  readonly name?: string;
}

/** Samples read while opening, to find what cannot work before a session starts. */
const PROBE_SAMPLES = 4;

/** The dropped folder or file; several loose files are named by the first. */
function nameOf(files: readonly SourceFile[]): string {
  const path = files[0]?.path ?? '';
  const folder = path.includes('/') && path.split('/')[0];
  return folder || (files.length > 1 ? `${baseName(path)} and ${files.length - 1} more` : baseName(path));
}

function reader(readers: readonly InputReader[], labels: ArrayColumn | undefined, total: number): Dataset['read'] {
  return async (start, count): Promise<Batch> => {
    const rows = Math.max(0, Math.min(count, total - start));
    const inputs: Record<string, Tensor> = {};
    for (const { input, column, read } of readers) {
      const tensor = await read(start, rows);
      checkFinite(tensor, column.name, column.file, start);
      inputs[input.name] = tensor;
    }
    return labels ? { inputs, labels: await labels.read(start, rows) } : { inputs };
  };
}

function rawByteWarnings(readers: readonly InputReader[], batch: Batch): string[] {
  return readers.flatMap(({ input, column }) => {
    const tensor = batch.inputs[input.name];
    if (!tensor || !looksLikeRawBytes(tensor)) return [];
    return [
      `The values of ${column.name} look like raw bytes, 0 to 255; most models expect 0 to 1. Add Rescale to the transforms if yours does.`,
    ];
  });
}

/**
 * Opens dropped files as a dataset: recognises what they are, matches arrays to inputs, and reads the first samples to see that
 * they fit. Throws `data-*` faults, and `config-*` for options of transforms.
 */
export async function openDataset(files: readonly SourceFile[], options: OpenOptions): Promise<Dataset> {
  const { inputs, transforms = [], labels: labelled = 'optional', classNames, arrays, name = nameOf(files) } = options;
  const chain = transforms.length > 0 ? chainTransforms(transforms) : undefined;
  const needsLabels = labelled === 'required';
  const request = { inputs, needsLabels, ...(classNames && { classNames }), ...(arrays && { arrays }) };
  const { byInput, labels, classNames: names, warnings } = await openColumns(files, request);
  const readers = byInput.map(({ input, column }) =>
    inputReader(input, column, column.kind === 'image' || inputs.length === 1 ? chain : undefined),
  );
  const count = byInput[0]?.column.count ?? 0;
  const read = reader(readers, labels, count);
  const probe = await read(0, PROBE_SAMPLES);
  let digest: Promise<string> | undefined;
  return {
    name,
    count,
    hasLabels: labels !== undefined,
    ...(names && { classNames: names }),
    warnings: [
      ...warnings,
      ...readers.flatMap((one) => one.warnings),
      ...(chain ? [] : rawByteWarnings(readers, probe)),
    ],
    read,
    sha256() {
      digest ??= fingerprint(files).catch((thrown: unknown) => {
        digest = undefined;
        throw thrown;
      });
      return digest;
    },
  };
}
