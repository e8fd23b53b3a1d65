import { encode } from 'fast-png';
import type { Dataset, SourceFile } from '../dataset.ts';

/** Samples of values 0–1, [1, height, width], as PNG files in a folder for each class, as people keep them. */
export async function pictureFolder(
  dataset: Dataset,
  input: string,
  count: number,
  make: (grays: Uint8Array<ArrayBuffer>, side: number) => Parameters<typeof encode>[0] = (data, side) => ({
    width: side,
    height: side,
    channels: 1,
    data,
  }),
): Promise<SourceFile[]> {
  const { inputs, labels } = await dataset.read(0, count);
  const tensor = inputs[input];
  const side = tensor?.dims.at(-1) ?? 0;
  return Array.from({ length: count }, (_, i) => {
    const values = (tensor?.data as Float32Array).subarray(i * side * side, (i + 1) * side * side);
    const grays = Uint8Array.from(values, (value) => Math.round(255 * value));
    const path = `photos/${String(labels?.data[i])}/${String(i).padStart(4, '0')}.png`;
    return { path, blob: new Blob([encode(make(grays, side)) as Uint8Array<ArrayBuffer>]) };
  });
}
