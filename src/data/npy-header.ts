import { Fault, type FaultDetails } from '../base/fault.ts';
import type { FaultCode } from '../base/fault-codes.ts';
import type { TensorType } from '../base/tensor.ts';
import type { ArrayLayout } from './array-column.ts';
import type { ByteSource } from './byte-source.ts';

const TYPES: Readonly<Record<string, TensorType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

const RESAVE = 'Save the array again with numpy.save or numpy.savez, as float32 or int64.';

/**
 * Where and how the elements of a .npy file lie; versions 1 to 3 (NumPy, `numpy.lib.format`). Throws `data-pickled`,
 * `data-truncated`, `data-unreadable`, `data-format-unknown`.
 */
export async function readNpyHeader(source: ByteSource): Promise<ArrayLayout> {
  const fault = (code: FaultCode, details: FaultDetails): Fault =>
    new Fault(code, { file: source.file, place: source.path, next: RESAVE, ...details });
  const start = await source.read(0, 12);
  if (start.length < 12) throw fault('data-truncated', { message: 'The file ends within its header.' });
  const view = new DataView(start.buffer, start.byteOffset);
  const version = start[6] ?? 0;
  if (version < 1 || version > 3) {
    throw fault('data-format-unknown', {
      message: 'Unknown version of the .npy format.',
      found: `${version}`,
      accepted: '1, 2, 3',
    });
  }
  const textStart = version === 1 ? 10 : 12;
  const offset = textStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (offset > source.sizeBytes) throw fault('data-truncated', { message: 'The file ends within its header.' });
  const text = new TextDecoder().decode(await source.read(textStart, offset));
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(text);
  if (!descr || !order || !shape)
    throw fault('data-unreadable', { message: 'The header is not one of NumPy.', found: text.trim() });
  if (descr[1]?.includes('O')) {
    throw fault('data-pickled', {
      message: 'The array holds pickled Python objects, which Octet never runs.',
      found: descr[1],
    });
  }
  const type = TYPES[descr[1]?.slice(1) ?? ''];
  if (!type) {
    throw fault('data-format-unknown', {
      message: 'The element type of the array is not supported.',
      found: descr[1] ?? 'a structured array',
      accepted: Object.values(TYPES).join(', '),
    });
  }
  const dims = (shape[1] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  return { type, dims, bigEndian: descr[1]?.startsWith('>') ?? false, fortranOrder: order[1] === 'True', offset };
}
