/** A file as dropped or read: `path` is relative with '/' and keeps folders; the blob is read lazily, by ranges where possible. */
export interface SourceFile {
  readonly path: string;
  readonly blob: Blob;
}
