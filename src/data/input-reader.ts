import { Fault, type FaultDetails } from '../base/fault.ts';
import { allocate, elementCount, type Tensor } from '../base/tensor.ts';
import { alignChannels } from './align-channels.ts';
import { castData, castSample, isCastable, isFloat } from './cast.ts';
import type { ArrayColumn, Column, ImageColumn } from './column.ts';
import type { InputSpec } from './dataset.ts';
import { defaultPreparation, imageLayout } from './image-layout.ts';
import type { Sample } from './sample.ts';

/** Reads the samples of one input in the type and shape the model wants. */
export interface InputReader {
  readonly input: InputSpec;
  readonly column: Column;
  readonly warnings: readonly string[];
  /** Throws `data-input-mismatch`, `data-transform-invalid`, and what the column throws. */
  read(start: number, count: number): Promise<Tensor>;
}

type SampleChain = (sample: Sample) => Sample;

const shape = (dims: InputSpec['dims']): string => `[${dims.map((dim) => dim ?? '?').join(', ')}]`;

function fits(dims: readonly number[], wanted: InputSpec['dims']): boolean {
  return dims.length === wanted.length && dims.every((dim, axis) => wanted[axis] === null || wanted[axis] === dim);
}

/** The sample with the dims of an input of fewer dimensions: planes and vectors have no dimension of channels. */
function flattened(sample: Sample, wanted: InputSpec['dims']): Sample {
  const { dims } = sample;
  if (wanted.length >= dims.length) return sample;
  const kept = wanted.length === 1 ? [elementCount(dims)] : dims.filter((dim) => dim !== 1);
  return fits(kept, wanted) ? { ...sample, dims: kept } : sample;
}

function mismatch(
  input: InputSpec,
  column: Column,
  dims: readonly number[],
  details: Partial<FaultDetails> & { next: string },
): Fault {
  return new Fault('data-input-mismatch', {
    message: `The samples of ${column.name} do not have the shape of the input ${input.name}.`,
    file: column.file,
    place: column.name,
    found: `samples of shape ${shape(dims)}`,
    accepted: `samples of shape ${shape(input.dims.slice(1))}`,
    ...details,
  });
}

/** What would make a sample of the wrong shape fit. */
function advice(dims: readonly number[], wanted: InputSpec['dims'], isPicture: boolean): string {
  const [a, b, c] = dims;
  if (a !== undefined && b !== undefined && c !== undefined) {
    if (fits([c, a, b], wanted)) return 'Add Transpose: {perm: [2, 0, 1]} as the last transform: channels first.';
    if (fits([b, c, a], wanted)) return 'Add Transpose: {perm: [1, 2, 0]} as the last transform: channels last.';
  }
  const layout = imageLayout(wanted);
  const sides = layout?.order === 'channels-first' ? wanted.slice(1) : wanted.slice(0, 2);
  const [height, width] = sides;
  if (isPicture && height !== null && width !== null && height !== undefined && width !== undefined) {
    return `Add a transform that gives ${width} × ${height}: Resize: {size: [${width}, ${height}]}, or CenterCrop: {size: [${height}, ${width}]}.`;
  }
  return 'Reshape the array to what the model wants, samples first, and save it again.';
}

function arrayReader(input: InputSpec, column: ArrayColumn): InputReader {
  const dims = column.dims.slice(1);
  if (!fits(dims, input.dims.slice(1)))
    throw mismatch(input, column, dims, { next: advice(dims, input.dims.slice(1), false) });
  if (!isCastable(column.type, input.type)) {
    throw mismatch(input, column, dims, {
      message: `The array ${column.name} has the wrong kind of numbers for the input ${input.name}.`,
      found: column.type,
      accepted: isFloat(input.type) ? 'float32, float64, float16, or integers of at most 16 bits' : 'integers',
      next: `Save the array as ${input.type}.`,
    });
  }
  const read = async (start: number, count: number): Promise<Tensor> => {
    const rows = await column.read(start, count);
    const data = castData(rows, input.type);
    if (!('value' in data)) return { type: input.type, dims: rows.dims, data };
    const sample = start + Math.floor(data.index / Math.max(1, elementCount(dims)));
    throw mismatch(input, column, dims, {
      message: `A value of ${column.name} does not fit the type of the input ${input.name}.`,
      place: `${column.name}, sample ${sample}`,
      found: data.value,
      accepted: input.type,
      next: `Save the array as ${input.type}.`,
    });
  };
  return { input, column, warnings: [], read };
}

/** Adds the place to faults of transforms, which know nothing but the sample. */
function locate(thrown: unknown, file: string, place: string): unknown {
  if (!(thrown instanceof Fault) || thrown.details.file !== undefined) return thrown;
  const within = thrown.details.place;
  return new Fault(
    thrown.code,
    { ...thrown.details, file, place: within ? `${place}, ${within}` : place },
    { cause: thrown },
  );
}

/** Samples as the transforms get them. */
export interface SampleSource {
  /** Raw samples, one by one. */
  read(start: number, count: number): AsyncGenerator<Sample>;
  place(index: number): string;
}

function pictureSource(column: ImageColumn, channels: number | undefined): SampleSource {
  return {
    place: (index) => column.place(index),
    async *read(start, count) {
      for (let index = start; index < start + count; index++) yield alignChannels(await column.read(index), channels);
    },
  };
}

/** Rows of an array as samples; a plane gets one channel. */
function rowSource(column: ArrayColumn): SampleSource {
  const dims = column.dims.slice(1);
  const sampleDims = dims.length === 2 ? [...dims, 1] : dims;
  const type = column.type === 'uint8' ? 'uint8' : 'float32';
  const row = elementCount(dims);
  return {
    place: (index) => `${column.name}, sample ${index}`,
    async *read(start, count) {
      const values = castData(await column.read(start, count), 'float32') as Sample['data'];
      for (let i = 0; i < count; i++) yield { type, dims: sampleDims, data: values.slice(i * row, (i + 1) * row) };
    },
  };
}

export function sampleSource(input: InputSpec, column: Column): SampleSource {
  return column.kind === 'image'
    ? pictureSource(column, imageLayout(input.dims.slice(1))?.channels)
    : rowSource(column);
}

function sampleReader(
  input: InputSpec,
  column: Column,
  source: SampleSource,
  chain: SampleChain,
  warnings: string[],
): InputReader {
  const wanted = input.dims.slice(1);
  const prepare = (sample: Sample, index: number): Sample => {
    try {
      return chain(sample);
    } catch (thrown) {
      throw locate(thrown, column.file, source.place(index));
    }
  };
  const read = async (start: number, count: number): Promise<Tensor> => {
    let data: Tensor['data'] | undefined;
    let dims: readonly number[] = [];
    let index = start;
    for await (const raw of source.read(start, count)) {
      const sample = flattened(prepare(raw, index), wanted);
      const place = source.place(index);
      if (!fits(sample.dims, wanted))
        throw mismatch(input, column, sample.dims, { place, next: advice(sample.dims, wanted, true) });
      if (data === undefined) {
        dims = sample.dims;
        data = allocate(input.type, count * elementCount(dims));
      } else if (!fits(sample.dims, dims)) {
        const next = 'Add a Resize or PadToSize that makes all pictures one size, or use a batch size of 1.';
        throw mismatch(input, column, sample.dims, {
          message: 'Samples of one batch differ in size.',
          place,
          accepted: shape(dims),
          next,
        });
      }
      data.set(castSample(sample.data, input.type) as never, (index - start) * elementCount(dims));
      index++;
    }
    return { type: input.type, dims: [count, ...dims], data: data ?? allocate(input.type, 0) };
  };
  return { input, column, warnings, read };
}

/**
 * The reader of one input. `transforms` undefined: arrays are fed as they are, pictures scaled to 0–1 for a float input and laid
 * out as the input wants. Throws `data-input-mismatch` for arrays that cannot fit.
 */
export function inputReader(input: InputSpec, column: Column, transforms: SampleChain | undefined): InputReader {
  if (column.kind === 'array') {
    const source = sampleSource(input, column);
    return transforms ? sampleReader(input, column, source, transforms, []) : arrayReader(input, column);
  }
  const layout = imageLayout(input.dims.slice(1));
  const source = sampleSource(input, column);
  if (transforms) return sampleReader(input, column, source, transforms, []);
  if (!layout) {
    throw mismatch(input, column, [], {
      found: 'pictures',
      next: 'Drop the data as a .npz with one array for each input.',
    });
  }
  const steps = [
    isFloat(input.type) && 'values divided by 255',
    layout.order === 'channels-first' && 'channels put first',
  ];
  const warning = `No transforms are given for the pictures; assumed: ${steps.filter(Boolean).join(', ') || 'bytes as they are'}.`;
  return sampleReader(input, column, source, defaultPreparation(layout, input.type), [warning]);
}
