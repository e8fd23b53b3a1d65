import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { bytesPerElement, elementCount, viewAs, type Tensor, type TensorType } from '../../base/tensor.ts';
import type { TensorMap } from './run-model.ts';

/** Folder of the real models and data; tests over them are skipped where OCTET_CASES does not say. */
export const CASES_FOLDER = process.env.OCTET_CASES ?? '';

export const CASE_NAMES = CASES_FOLDER
  ? readdirSync(CASES_FOLDER).filter((name) => existsSync(join(CASES_FOLDER, name, 'model.onnx')))
  : [];

/** A fresh copy of the case's model file. */
export function caseModelBytes(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(join(CASES_FOLDER, name, 'model.onnx')));
}

/** The first `samples` evaluation samples, ready to feed. */
export async function caseFeeds(name: string, samples: number): Promise<TensorMap> {
  // ONNX Runtime leaves a Worker in Node's globals, which zip.js would take for a browser's.
  const bytes = readFileSync(join(CASES_FOLDER, name, 'eval.npz'));
  const zip = new ZipReader(new Uint8ArrayReader(bytes), { useWebWorkers: false });
  const feeds: Record<string, Tensor> = {};
  for (const entry of await zip.getEntries()) {
    const input = entry.filename.replace(/\.npy$/, '');
    if (input === 'labels' || entry.directory) continue;
    feeds[input] = firstRows(await entry.getData(new Uint8ArrayWriter()), samples);
  }
  await zip.close();
  return feeds;
}

const NPY_TYPES: Readonly<Record<string, TensorType>> = { '<f4': 'float32', '<i8': 'int64', '<i4': 'int32' };

/** numpy/lib/format.py: magic, version, header length (2 bytes in version 1), header as a Python dict, data. */
function firstRows(npy: Uint8Array, samples: number): Tensor {
  const start = 10 + npy[8]! + npy[9]! * 256;
  const header = new TextDecoder().decode(npy.subarray(10, start));
  const type = NPY_TYPES[/'descr': '([^']+)'/.exec(header)?.[1] ?? ''];
  if (!type) throw new Error(`npy header ${header}`);
  const [, ...row] = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter(Boolean).map(Number);
  const dims = [samples, ...row.filter((size) => size > 0)];
  const bytes = npy.slice(start, start + elementCount(dims) * bytesPerElement(type));
  return { type, dims, data: viewAs(type, bytes) };
}
