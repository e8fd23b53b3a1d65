import { isFloat } from './cast.ts';
import type { Column } from './column.ts';
import type { InputSpec } from './dataset.ts';
import { imageLayout } from './image-layout.ts';
import type { SampleGeometry } from './preprocessing-candidates.ts';
import { looksLikeRawBytes } from './raw-bytes.ts';

/** Samples read to see what the values of an array are. */
const PROBED = 8;

const fits = (dims: readonly number[], wanted: InputSpec['dims']): boolean =>
  dims.length === wanted.length && dims.every((dim, axis) => wanted[axis] === null || wanted[axis] === dim);

/** What must be found out about an input's samples before the model sees them. */
export interface UnpreparedSamples {
  readonly geometry: SampleGeometry;
  /** `bytes`: 0–255. `maybe bytes`: whole numbers up to 255 in floats. `values`: the model's already, only their layout differs. */
  readonly scale: 'bytes' | 'maybe bytes' | 'values';
}

/**
 * Whether samples need a preprocessing that nobody has stated: pictures and raw bytes for a float input, and arrays whose channels
 * stand where the input does not have them. Null: they are fed as they are.
 */
export async function unpreparedSamples(input: InputSpec, column: Column): Promise<UnpreparedSamples | null> {
  const wanted = input.dims.slice(1);
  const to = imageLayout(wanted);
  if (!to || !isFloat(input.type)) return null;
  if (column.kind === 'image') return { geometry: { from: 'channels-last', to }, scale: 'bytes' };
  const dims = column.dims.slice(1);
  const from = arrayLayout(dims, wanted);
  if (!from) return null;
  const rows = await column.read(0, Math.min(PROBED, column.count));
  const scale = column.type === 'uint8' ? 'bytes' : looksLikeRawBytes(rows) ? 'maybe bytes' : 'values';
  return scale === 'values' && fits(dims, wanted) ? null : { geometry: { from, to }, scale };
}

/** Where an array has its channels, going by the input; undefined where it cannot be its pictures. */
function arrayLayout(dims: readonly number[], wanted: InputSpec['dims']): SampleGeometry['from'] | undefined {
  if (dims.length === 1) return fits(dims, wanted) ? 'flat' : undefined;
  if (dims.length === 2) return wanted.length === 3 || fits(dims, wanted) ? 'plane' : undefined;
  if (dims.length !== 3) return undefined;
  const [first, , last] = dims;
  const isChannels = (dim: number | undefined): boolean => dim === 1 || dim === 3 || dim === 4;
  const to = imageLayout(wanted)?.order;
  if (fits(dims, wanted) && (to === 'channels-first' || to === 'channels-last')) return to;
  if (isChannels(last)) return 'channels-last';
  return isChannels(first) ? 'channels-first' : undefined;
}
