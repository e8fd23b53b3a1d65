import { Fault } from '../base/fault.ts';
import { checkUnpackedSize } from './archive-size.ts';
import { blobSource, type ByteSource } from './byte-source.ts';

/** What a gzip file holds, under its name without the ending. Throws `archive-too-large` (beyond `maxBytes`), `data-truncated`. */
export async function gunzip(source: ByteSource, maxBytes?: number): Promise<ByteSource> {
  const packed = source.blob ?? new Blob([(await source.read()) as Uint8Array<ArrayBuffer>]);
  let sizeBytes = 0;
  // A gzip file does not say what it holds.
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      sizeBytes += chunk.length;
      checkUnpackedSize(source.file, sizeBytes, maxBytes);
      controller.enqueue(chunk);
    },
  });
  try {
    const unpacked = packed.stream().pipeThrough(new DecompressionStream('gzip')).pipeThrough(counting);
    const plain = await new Response(unpacked).blob();
    return blobSource(source.path.replace(/\.gz$/i, '').replace(/\.tgz$/i, '.tar'), source.file, plain);
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault(
      'data-truncated',
      { message: 'The gzip file is cut off or damaged.', file: source.file, next: 'Copy or download the file again.' },
      { cause: thrown },
    );
  }
}
