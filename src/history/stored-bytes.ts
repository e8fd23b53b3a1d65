import type { Row } from './shelves.ts';

/** What stands for a blob where the browser stores none. */
interface StoredBytes {
  readonly blobBytes: ArrayBuffer;
}

/** Bytes are copied into memory on the way, and private windows keep them there: no more than this of one write. */
const LIMIT_BYTES = 256 * 2 ** 20;

/** The rows with bytes for their blobs; null where they have none, or more than 256 MiB of them. */
export async function rowsOfBytes(rows: readonly Row[]): Promise<readonly Row[] | null> {
  const blobs = new Map<Blob, StoredBytes | null>();
  replaced(rows, (value) => {
    if (!(value instanceof Blob)) return undefined;
    blobs.set(value, null);
    return value;
  });
  const sizeBytes = [...blobs.keys()].reduce((sum, { size }) => sum + size, 0);
  if (blobs.size === 0 || sizeBytes > LIMIT_BYTES) return null;
  for (const blob of blobs.keys()) blobs.set(blob, { blobBytes: await blob.arrayBuffer() });
  return replaced(rows, (value) => (value instanceof Blob ? blobs.get(value) : undefined)) as readonly Row[];
}

/** The value with blobs for the bytes that stand for them. */
export function blobsRestored<T>(value: T): T {
  return replaced(value, (part) => (isStoredBytes(part) ? new Blob([part.blobBytes]) : undefined)) as T;
}

function isStoredBytes(value: object): value is StoredBytes {
  return 'blobBytes' in value && value.blobBytes instanceof ArrayBuffer;
}

/** A copy of lists and plain objects, in which what `replace` gives takes the place of a part. */
function replaced(value: unknown, replace: (part: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const other = replace(value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((part) => replaced(part, replace));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replaced(part, replace)]));
}
