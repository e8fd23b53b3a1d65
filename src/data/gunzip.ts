import { Fault } from '../base/fault.ts';
import { blobSource, type ByteSource } from './byte-source.ts';

/** What a gzip file holds, under its name without the ending. Throws `data-truncated`. */
export async function gunzip(source: ByteSource): Promise<ByteSource> {
  const packed = new Blob([(await source.read()) as Uint8Array<ArrayBuffer>]);
  try {
    const plain = await new Response(packed.stream().pipeThrough(new DecompressionStream('gzip'))).blob();
    return blobSource(source.path.replace(/\.gz$/i, '').replace(/\.tgz$/i, '.tar'), source.file, plain);
  } catch (thrown) {
    throw new Fault(
      'data-truncated',
      { message: 'The gzip file is cut off or damaged.', file: source.file, next: 'Copy or download the file again.' },
      { cause: thrown },
    );
  }
}
