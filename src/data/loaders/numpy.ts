import { Fault } from '../../base/fault.ts';
import { arrayColumn } from '../array-column.ts';
import { baseName, seekableSource } from '../byte-source.ts';
import type { ArrayColumn } from '../column.ts';
import { readNpyHeader } from '../npy-header.ts';
import { leftAside, type Loader } from './loader.ts';

function refuseTwice(columns: readonly ArrayColumn[]): void {
  for (const [i, column] of columns.entries()) {
    const first = columns.slice(0, i).find(({ name }) => name === column.name);
    if (!first) continue;
    throw new Fault('data-input-mismatch', {
      message: `The array ${column.name} is there twice.`,
      found: `${first.file} and ${column.file}`,
      next: 'Drop the files of one data set only: calibration and evaluation data apart.',
    });
  }
}

/** Arrays of NumPy: .npz files, .npy files, or zips of them; an array is named like its file. */
export const numpy: Loader = {
  name: 'numpy',
  help: '.npz with one array for each input and the array labels, or .npy files',
  accepts: (files) => files.some(({ format }) => format === 'npy'),
  async load(files) {
    const columns: ArrayColumn[] = [];
    const warnings = leftAside(files.filter(({ format }) => format !== 'npy'));
    for (const { source, format } of files) {
      if (format !== 'npy') continue;
      const bytes = seekableSource(source);
      const name = baseName(source.path).replace(/\.npy$/i, '');
      const layout = await readNpyHeader(bytes);
      if (layout.dims.length > 0) columns.push(arrayColumn(name, bytes, layout));
      else warnings.push(`The array ${name} is a single number, not one value for each sample; it is not used.`);
    }
    refuseTwice(columns);
    return { columns, warnings };
  },
};
