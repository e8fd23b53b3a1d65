/** Bytes of a dropped file or of a file inside an archive; nothing is read before `read` is called. */
export interface ByteSource {
  /** Relative path with '/', archives dissolved: `eval.npz` gives `x.npy`. */
  readonly path: string;
  /** The dropped file it lies in, for messages. */
  readonly file: string;
  readonly sizeBytes: number;
  /** False where any read costs a decompression of the whole. */
  readonly seekable: boolean;
  /** The bytes themselves, where they lie in a dropped file as they are: a range of it, of which nothing is in memory. */
  readonly blob?: Blob;
  /** Bytes from `start` up to, not including, `end`; fewer where the source ends before. */
  read(start?: number, end?: number): Promise<Uint8Array>;
}

export function blobSource(path: string, file: string, blob: Blob): ByteSource {
  return {
    path,
    file,
    sizeBytes: blob.size,
    seekable: true,
    blob,
    read: async (start = 0, end = blob.size) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

/** The source itself where it can seek; else one that decompresses once, at the first read, and keeps the bytes. */
export function seekableSource(source: ByteSource): ByteSource {
  if (source.seekable) return source;
  let whole: Promise<Uint8Array> | undefined;
  const readWhole = (): Promise<Uint8Array> => {
    whole ??= source.read().catch((thrown: unknown) => {
      whole = undefined;
      throw thrown;
    });
    return whole;
  };
  return { ...source, seekable: true, read: async (start, end) => (await readWhole()).slice(start, end) };
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Lower-case extension without the dot; '' where there is none. */
export function extension(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** What systems leave behind in folders and archives and no one means to drop. */
export function isClutter(path: string): boolean {
  return path
    .split('/')
    .some((part) => part.startsWith('.') || part === '__MACOSX' || part === 'Thumbs.db' || part === 'desktop.ini');
}

/** The paths without the folders that all of them share. */
export function withoutCommonFolder(paths: readonly string[]): string[] {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const [first = []] = folders;
  let depth = first.length;
  for (const folder of folders) {
    let shared = 0;
    while (shared < depth && folder[shared] === first[shared]) shared++;
    depth = shared;
  }
  return paths.map((path) => path.split('/').slice(depth).join('/'));
}
