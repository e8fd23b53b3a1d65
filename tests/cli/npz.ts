import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { bytesOf, type TensorData } from '../../src/base/tensor.ts';

const DESCRIPTIONS = new Map<unknown, string>([
  [Float32Array, '<f4'],
  [BigInt64Array, '<i8'],
]);

/** A .npy file as NumPy writes it; `descr` in place of that of the data, to lie about them. */
export function npy(
  dims: readonly number[],
  data: TensorData,
  descr = DESCRIPTIONS.get(data.constructor)!,
): Uint8Array<ArrayBuffer> {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const header = `${text.padEnd(128 - 10 - 1)}\n`;
  const file = new Uint8Array(128 + data.byteLength);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(new TextEncoder().encode(header), 10);
  file.set(bytesOf(data), 128);
  return file;
}

/** An .npz file: arrays by name, each as .npy bytes. */
export async function npz(arrays: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<Uint8Array<ArrayBuffer>> {
  // ONNX Runtime leaves a Worker in Node's globals, which zip.js would take for a browser's.
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 6, useWebWorkers: false });
  for (const [name, bytes] of Object.entries(arrays)) await writer.add(`${name}.npy`, new Uint8ArrayReader(bytes));
  return (await writer.close()) as Uint8Array<ArrayBuffer>;
}

export function labels(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return npy([values.length], BigInt64Array.from(values, BigInt));
}
