import { Fault } from '../base/fault.ts';

/** Of what an archive unpacks to, beyond what lies in it as it is: browsers keep little more than this beside a model that runs. */
const MAX_BYTES = 2 ** 32;

/** Throws `archive-too-large` where an archive unpacks to more than memory can be expected to have. `sizeBytes`: so far. */
export function checkUnpackedSize(file: string, sizeBytes: number, maxBytes = MAX_BYTES): void {
  if (sizeBytes <= maxBytes) return;
  throw new Fault('archive-too-large', {
    message: 'The archive unpacks to more than fits into memory.',
    file,
    found: `${sizeBytes} bytes or more`,
    accepted: `at most ${maxBytes} bytes`,
    next: 'Unpack it on the disk, and drop the files or the folder.',
  });
}
