import { Fault } from '../base/fault.ts';

/** A WASM heap cannot grow beyond this. */
const HEAP_BYTES = 2 ** 32;
/** One copy that is read, one that is parsed, the weights as the kernels want them, and the model that it is compared with. */
const COPIES = 4;
/** Node and browsers refuse single buffers not far above this. */
const LARGEST_FILE_BYTES = 1.9e9;

/** Throws `model-too-large` for a model that cannot be run beside its int8 candidates in the memory that WASM has. */
export function checkModelFits(file: string, sizeBytes: number, heapBytes = HEAP_BYTES): void {
  const largest = Math.min(LARGEST_FILE_BYTES, Math.floor(heapBytes / COPIES));
  if (sizeBytes <= largest) return;
  throw new Fault('model-too-large', {
    message: 'The model is too large for the memory that the runtime has',
    file,
    found: `${sizeBytes} bytes`,
    accepted: `at most ${largest} bytes, side files included: running it takes about ${COPIES} times its size`,
    next: 'Use a smaller variant of the model.',
  });
}
