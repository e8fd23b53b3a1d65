import { Fault } from '../../base/fault.ts';
import type { Tensor } from '../../base/tensor.ts';
import { baseName } from '../byte-source.ts';
import { memoryColumn, type ArrayColumn } from '../column.ts';
import type { InputSpec } from '../dataset.ts';
import { joinSamples } from '../join-samples.ts';
import { readOnnxTensor, type NamedTensor } from '../onnx-tensor.ts';
import type { RecognisedFile } from '../recognised-files.ts';
import { leftAside, type Loader } from './loader.ts';

/** Part of a test case: `test_data_set_0/input_0.pb`. */
interface CaseFile {
  readonly file: RecognisedFile;
  readonly folder: string;
  readonly role: 'input' | 'output' | 'labels';
  readonly number: number;
}

/** A tensor and where it comes from. */
interface CaseTensor {
  readonly tensor: Tensor;
  readonly place: RecognisedFile;
}

function caseFile(file: RecognisedFile): CaseFile | undefined {
  const { path } = file.source;
  const match = /^(input|output|labels?)(?:_(\d+))?\.pb$/i.exec(baseName(path));
  if (!match) return undefined;
  const word = (match[1] ?? '').toLowerCase();
  const role = word === 'input' || word === 'output' ? word : 'labels';
  return { file, folder: path.slice(0, -baseName(path).length), role, number: Number(match[2] ?? 0) };
}

/** By folder, in the order of the numbers in their names. */
function casesOf(files: readonly CaseFile[]): CaseFile[][] {
  const folders = [...new Set(files.map(({ folder }) => folder))];
  folders.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return folders.map((folder) => files.filter((file) => file.folder === folder).sort((a, b) => a.number - b.number));
}

async function readTensor({ source }: RecognisedFile): Promise<NamedTensor> {
  try {
    return readOnnxTensor(await source.read());
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new Fault(
      'data-unreadable',
      {
        message: 'The file cannot be read as a tensor.',
        file: source.file,
        place: source.path,
        found: thrown.message,
        accepted: 'a TensorProto of numbers, as onnx.numpy_helper writes it',
        next: 'Write the file again.',
      },
      { cause: thrown },
    );
  }
}

/** The cases' tensors, batch dimension first, as one array. */
function stacked(parts: readonly CaseTensor[], what: string): Tensor {
  const [first] = parts;
  if (!first) throw new Error(`no tensors of ${what}`);
  const [, ...rest] = first.tensor.dims;
  const { type } = first.tensor;
  for (const { tensor, place } of parts) {
    const isLike = tensor.type === type && tensor.dims.length > 0 && tensor.dims.slice(1).join() === rest.join();
    if (isLike) continue;
    throw new Fault('data-input-mismatch', {
      message: `The tensors of ${what} differ from case to case.`,
      file: place.source.file,
      place: place.source.path,
      found: `${tensor.type} [${tensor.dims.join(', ')}]`,
      accepted: `${type} [samples, ${rest.join(', ')}]`,
      next: 'Drop cases of one size only.',
    });
  }
  return joinSamples(
    parts.map(({ tensor }) => tensor),
    what,
  );
}

/** The inputs' tensors by name: an input's own where the tensor carries it, whatever its number; else that of the file. */
async function namedTensors(
  files: readonly CaseFile[],
  inputs: readonly InputSpec[],
): Promise<Map<string, CaseTensor>> {
  const tensors = new Map<string, CaseTensor>();
  for (const { file, number } of files) {
    const { name, tensor } = await readTensor(file);
    const isInput = inputs.some((input) => input.name === name) && !tensors.has(name);
    tensors.set(isInput ? name : `input_${number}.pb`, { tensor, place: file });
  }
  return tensors;
}

/** The input that each tensor without a name is for: that of its number, or where a named one feeds that, the first that is left. */
function ordinals(names: readonly string[], inputs: readonly InputSpec[]): ReadonlyMap<string, number> {
  const free = new Set([...inputs.keys()].filter((i) => !names.includes(inputs[i]?.name ?? '')));
  const places = new Map<string, number>();
  const unnamed = names.filter((name) => !inputs.some((input) => input.name === name));
  const place = (name: string, i: number | undefined): void => {
    if (i !== undefined && free.delete(i)) places.set(name, i);
  };
  for (const name of unnamed) place(name, Number(/\d+/.exec(name)?.[0]));
  for (const name of unnamed) if (!places.has(name)) place(name, [...free][0]);
  return places;
}

async function inputColumns(cases: readonly CaseFile[][], inputs: readonly InputSpec[]): Promise<ArrayColumn[]> {
  const tensors: Map<string, CaseTensor>[] = [];
  for (const files of cases) {
    tensors.push(
      await namedTensors(
        files.filter(({ role }) => role === 'input'),
        inputs,
      ),
    );
  }
  const names = [...new Set(tensors.flatMap((one) => [...one.keys()]))];
  const places = ordinals(names, inputs);
  return names.map((name) => {
    const parts = tensors.map((one, i) => one.get(name) ?? throwMissing(name, cases[i]));
    const ordinal = places.get(name);
    const column = memoryColumn(name, parts[0]?.place.source.file ?? '', stacked(parts, name));
    return ordinal === undefined ? column : { ...column, ordinal };
  });
}

function throwMissing(name: string, files: readonly CaseFile[] = []): never {
  throw new Fault('data-input-mismatch', {
    message: `A test case has no tensor ${name}, which the others have.`,
    file: files[0]?.file.source.file ?? '',
    place: files[0]?.folder.replace(/\/$/, '') ?? '',
    found: files.map(({ file }) => baseName(file.source.path)).join(', '),
    next: 'Add the tensor, or leave the case out.',
  });
}

async function labelColumn(files: readonly CaseFile[]): Promise<ArrayColumn> {
  const parts: CaseTensor[] = [];
  for (const { file } of files) parts.push({ tensor: (await readTensor(file)).tensor, place: file });
  return memoryColumn('labels', files[0]?.file.source.file ?? '', stacked(parts, 'labels'));
}

/** The test cases that ONNX models are published with: a folder for each, holding `input_0.pb`, `output_0.pb`. */
export const onnxTensors: Loader = {
  name: 'onnx-tensors',
  help: 'ONNX test_data_set folders: input_0.pb, and label_0.pb if there are labels',
  accepts: (files) => files.some((file) => file.format === 'onnx-tensor' && caseFile(file)?.role === 'input'),
  async load(files, { inputs }) {
    const known = files.flatMap((file) => caseFile(file) ?? []);
    const cases = casesOf(known).filter((of) => of.some(({ role }) => role === 'input'));
    const columns = await inputColumns(cases, inputs);
    const labelled = cases.flatMap((of) => of.filter(({ role, number }) => role === 'labels' && number === 0));
    const labels = labelled.length > 0 ? await labelColumn(labelled) : undefined;
    const outputs = known.filter(({ role }) => role === 'output').length;
    return {
      columns,
      ...(labels && { labels }),
      warnings: [
        ...(outputs > 0
          ? ['The recorded outputs are no labels: int8 models are compared with the float model itself.']
          : []),
        ...leftAside(files.filter((file) => !caseFile(file))),
      ],
    };
  },
};
