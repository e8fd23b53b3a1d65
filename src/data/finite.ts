import { Fault } from '../base/fault.ts';
import type { Tensor } from '../base/tensor.ts';

function firstNotFinite({ type, data }: Tensor): number {
  if (type === 'float16') return (data as Uint16Array).findIndex((bits) => (bits & 0x7c00) === 0x7c00);
  if (type !== 'float32' && type !== 'float64') return -1;
  return (data as Float32Array).findIndex((value) => !Number.isFinite(value));
}

/** Throws `data-not-finite` for the first NaN or infinity; `start` is the sample number of the first row. */
export function checkFinite(tensor: Tensor, name: string, file: string, start: number): void {
  const at = firstNotFinite(tensor);
  if (at < 0) return;
  const dims = tensor.dims.slice(1);
  const row = dims.reduce((product, dim) => product * dim, 1);
  let rest = at % row;
  const index = [...dims].reverse().map((dim) => {
    const position = rest % dim;
    rest = (rest - position) / dim;
    return position;
  });
  throw new Fault('data-not-finite', {
    message: `The data for ${name} hold a value that is not a finite number.`,
    file,
    place: `${name}, sample ${start + Math.floor(at / row)}, index [${index.reverse().join(', ')}]`,
    found: tensor.type === 'float16' ? 'NaN or infinity' : String(tensor.data[at]),
    accepted: 'finite numbers',
    next: 'Repair or leave out the sample; check divisions by zero in what made the data.',
  });
}
