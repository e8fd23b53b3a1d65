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
  return folders.map((folder) => files.filter((file) => file.folder === folder));
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
function stacked(parts: readonly { readonly tensor: Tensor; readonly place: RecognisedFile }[], what: string): Tensor {
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

/** The input's own name where the tensors carry it; `input_2` is otherwise the third input of the model. */
function nameOf(tensors: readonly NamedTensor[], number: number, inputs: readonly InputSpec[]): string {
  const own = tensors[0]?.name ?? '';
  return inputs.some(({ name }) => name === own) ? own : (inputs[number]?.name ?? `input_${number}`);
}

/** The test cases that ONNX models are published with: a folder for each, holding `input_0.pb`, `output_0.pb`. */
export const onnxTensors: Loader = {
  name: 'onnx-tensors',
  help: 'ONNX test_data_set folders: input_0.pb, and label_0.pb if there are labels',
  accepts: (files) => files.some((file) => file.format === 'onnx-tensor' && caseFile(file)?.role === 'input'),
  async load(files, { inputs }) {
    const known = files.flatMap((file) => caseFile(file) ?? []);
    const cases = casesOf(known);
    const column = async (role: CaseFile['role'], number: number): Promise<ArrayColumn> => {
      const chosen = cases.flatMap((of) => of.filter((file) => file.role === role && file.number === number));
      const tensors: NamedTensor[] = [];
      for (const { file } of chosen) tensors.push(await readTensor(file));
      const name = role === 'labels' ? 'labels' : nameOf(tensors, number, inputs);
      const parts = tensors.map(({ tensor }, i) => ({ tensor, place: (chosen[i] as CaseFile).file }));
      return memoryColumn(name, chosen[0]?.file.source.file ?? '', stacked(parts, name));
    };
    const numbers = [...new Set(known.flatMap(({ role, number }) => (role === 'input' ? [number] : [])))].sort();
    const columns: ArrayColumn[] = [];
    for (const number of numbers) columns.push(await column('input', number));
    const labels = known.some(({ role }) => role === 'labels') ? await column('labels', 0) : undefined;
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
