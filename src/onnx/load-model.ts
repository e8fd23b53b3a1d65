import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import { sha256, sha256Text } from '../base/hash.ts';
import { decodeModel } from './decode.ts';
import { concatenate, sizeOf } from '../base/bytes.ts';
import { encodeParts } from './encode.ts';
import type { SourceFile } from '../base/source-file.ts';
import { inlineExternalData, type SideFile } from './external-data.ts';
import type { ModelProto } from './proto/onnx_pb.ts';
import { sniffModel } from './sniff.ts';

/** A protobuf message cannot be longer. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface LoadedModel {
  readonly path: string;
  /** The whole model as one file, weights of side files included: `decodeModel(bytes)` gives a fresh copy at any time. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the file as given; with side files, of the hashes of the model and of each side file in the order of their locations. */
  readonly sha256: string;
  /** Its raw weights are views of `bytes`. */
  readonly model: ModelProto;
  readonly warnings: readonly Warning[];
}

/**
 * Picks the model among dropped files, says what is wrong with it if it is none, and reads it with the side files it needs.
 * Throws `model-empty`, `model-not-onnx`, `model-truncated`, `model-invalid`, `model-too-large`, `model-external-data-…`,
 * and `usage` where several files could be the model.
 */
export async function loadModel(files: readonly SourceFile[]): Promise<LoadedModel> {
  const { path, blob } = pickModel(files);
  if (blob.size > MAX_MODEL_BYTES) throw tooLarge(path, blob.size);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  sniffModel(bytes, path);
  // Before decoding, which re-tags bytes in place.
  const modelHash = await sha256(bytes);
  const model = decode(bytes, path);
  const sideFiles = await inlineExternalData(model, path, files);
  const warnings = sideFiles.flatMap((side) => movedWarning(side, path));
  if (sideFiles.length === 0) return { path, bytes, sha256: modelHash, model, warnings };
  const hashes = [modelHash];
  for (const side of sideFiles) hashes.push(await sha256(side.bytes));
  const parts = encodeParts(model);
  if (sizeOf(parts) > MAX_MODEL_BYTES) throw tooLarge(path, sizeOf(parts));
  const whole = concatenate(parts);
  return { path, bytes: whole, sha256: await sha256Text(hashes.join('\n')), model: decode(whole, path), warnings };
}

/** A side file that was found by its name, not where the model says. */
function movedWarning({ location, path }: SideFile, modelPath: string): Warning[] {
  const expected = [...modelPath.split('/').slice(0, -1), location].join('/');
  if (path === expected) return [];
  return [{ code: 'external-data-moved', message: `${path} was taken for ${location}`, place: modelPath }];
}

function decode(bytes: Uint8Array, file: string): ModelProto {
  try {
    const model = decodeModel(bytes);
    if (model.opsetImport.length > 0) return model;
  } catch (thrown) {
    const fault = Fault.from(thrown);
    throw new Fault(fault.code, { ...fault.details, file }, { cause: fault });
  }
  throw new Fault('model-invalid', {
    message: 'The model does not say which operator set it uses',
    file,
    accepted: 'a model with opset_import',
    next: 'Check that the download is complete, or export the model again.',
  });
}

function pickModel(files: readonly SourceFile[]): SourceFile {
  const named = files.filter(({ path }) => /\.onnx$/i.test(path));
  const [first, second] = named.length > 0 ? named : files;
  if (first && !second) return first;
  throw new Fault(first ? 'usage' : 'model-not-onnx', {
    message: first ? 'Several files could be the model' : 'No model was given',
    found: files.map(({ path }) => path).join(', ') || 'no files',
    accepted: 'one .onnx file, with the side files it needs',
    next: 'Give one .onnx file.',
  });
}

function tooLarge(file: string, found: number): Fault {
  return new Fault('model-too-large', {
    message: 'The model is too large',
    file,
    found: `${found} bytes`,
    accepted: `at most ${MAX_MODEL_BYTES} bytes, side files included`,
    next: 'Use a smaller variant of the model.',
  });
}
