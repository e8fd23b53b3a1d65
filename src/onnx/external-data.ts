import { clearField } from '@bufbuild/protobuf';
import { Fault } from '../base/fault.ts';
import type { SourceFile } from '../base/source-file.ts';
import { bytesPerElement, elementCount } from '../base/tensor.ts';
import { TensorProtoSchema, type ModelProto, type TensorProto } from './proto/onnx_pb.ts';
import { tensorType } from './data-types.ts';
import { dimsOf, isExternal } from './tensor-proto.ts';
import { allTensors } from './walk.ts';

/** A side file that tensors point into. */
export interface SideFile {
  readonly location: string;
  /** Path of the file that was taken for it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads the side files that the model's tensors point into and makes their contents `raw_data` (views).
 * Gives the side files in the order of their locations. Throws `model-external-data-missing` naming the file asked for,
 * `model-external-data-invalid` for locations outside the model's folder and for offsets or lengths that do not fit.
 */
export async function inlineExternalData(
  model: ModelProto,
  modelPath: string,
  files: readonly SourceFile[],
): Promise<SideFile[]> {
  const tensors = allTensors(model).filter(isExternal);
  const locations = [...new Set(tensors.map((tensor) => entry(tensor, 'location') ?? ''))].sort();
  const sideFiles = new Map<string, SideFile>();
  for (const location of locations) {
    const file = findSideFile(location, modelPath, files);
    sideFiles.set(location, { location, path: file.path, bytes: new Uint8Array(await file.blob.arrayBuffer()) });
  }
  for (const tensor of tensors) {
    const side = sideFiles.get(entry(tensor, 'location') ?? '');
    if (side) inline(tensor, side, modelPath);
  }
  return [...sideFiles.values()];
}

function entry(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.find((item) => item.key === key)?.value;
}

function findSideFile(location: string, modelPath: string, files: readonly SourceFile[]): SourceFile {
  const segments = location.split(/[/\\]/).filter((segment) => segment !== '.' && segment !== '');
  if (location === '' || /^[/\\]|^[A-Za-z]:/.test(location) || segments.includes('..')) {
    throw new Fault('model-external-data-invalid', {
      message: 'The model keeps weights at a place outside its folder',
      file: modelPath,
      found: location === '' ? 'no location' : location,
      accepted: 'a path relative to the model, without ..',
      next: 'Save the model again with onnx.save and a plain location.',
    });
  }
  const path = [...modelPath.split('/').slice(0, -1), ...segments].join('/');
  const exact = files.find((file) => file.path === path);
  // Files dropped one by one lose their folders: a name that occurs once is as good.
  const sameName = files.filter((file) => file.path.split('/').at(-1) === segments.at(-1));
  const found = exact ?? (sameName.length === 1 ? sameName[0] : undefined);
  if (found) return found;
  throw new Fault('model-external-data-missing', {
    message: `The model keeps weights in the file ${location}, which was not given`,
    file: modelPath,
    found: files.map((file) => file.path).join(', '),
    accepted: path,
    next: `Give ${location} together with the model.`,
  });
}

function inline(tensor: TensorProto, side: SideFile, modelPath: string): void {
  const offset = Number(entry(tensor, 'offset') ?? 0);
  const expected = expectedBytes(tensor);
  const length = Number(entry(tensor, 'length') ?? expected ?? side.bytes.length - offset);
  const fits = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!fits || offset + length > side.bytes.length || (expected !== undefined && length !== expected)) {
    throw new Fault('model-external-data-invalid', {
      message: `The weights of tensor ${tensor.name} do not fit the file ${side.location}`,
      file: modelPath,
      place: `tensor ${tensor.name}`,
      found: `offset ${offset}, length ${length} in a file of ${side.bytes.length} bytes`,
      ...(expected === undefined ? {} : { accepted: `${expected} bytes within the file` }),
      next: `Check that ${side.location} is complete and belongs to this model.`,
    });
  }
  tensor.rawData = side.bytes.subarray(offset, offset + length);
  tensor.externalData = [];
  clearField(tensor, TensorProtoSchema.field.dataLocation);
}

function expectedBytes(tensor: TensorProto): number | undefined {
  const type = tensorType(tensor.dataType);
  return type && elementCount(dimsOf(tensor)) * bytesPerElement(type);
}
