import { Fault } from '../base/fault.ts';
import { BYTES, VARINT, fields } from '../base/wire.ts';

const ACCEPTED = 'an ONNX model (.onnx), as written by onnx.save or torch.onnx.export';

/** What a file that is no ONNX model is, and what to do about it. */
interface Impostor {
  readonly found: string;
  readonly next: string;
}

/**
 * Tells early and in plain words when a file is no ONNX model. Throws `model-empty`, `model-truncated` (with the number of
 * bytes that are missing at least) or `model-not-onnx`; returns quietly where the top level reads as a ModelProto with a graph.
 */
export function sniffModel(bytes: Uint8Array, file: string): void {
  if (bytes.length === 0) {
    throw new Fault('model-empty', {
      message: 'The file is empty',
      file,
      accepted: ACCEPTED,
      next: 'Export or download the model again.',
    });
  }
  const impostor = textImpostor(bytes) ?? binaryImpostor(bytes);
  if (impostor) throw notOnnx(file, impostor);
  sniffMessage(bytes, file);
}

function notOnnx(file: string, { found, next }: Impostor): Fault {
  return new Fault('model-not-onnx', {
    message: 'The file is not an ONNX model',
    file,
    found,
    accepted: ACCEPTED,
    next,
  });
}

const EXPORT = 'Export the model to ONNX with the tool that made it';

function textImpostor(bytes: Uint8Array): Impostor | undefined {
  const head = new TextDecoder('latin1')
    .decode(bytes.subarray(0, 1024))
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (/^<!doctype html|^<html/i.test(head)) {
    return { found: 'an HTML page', next: 'Download the raw file, not the page that shows it.' };
  }
  if (head.startsWith('version https://git-lfs')) {
    const size = /size (\d+)/.exec(head)?.[1];
    const stands = size === undefined ? '' : `, which stands for a file of ${size} bytes`;
    return { found: `a Git LFS pointer${stands}`, next: 'Run git lfs pull, or download the file itself.' };
  }
  if (/^<\?xml/.test(head)) return { found: 'an XML file (OpenVINO IR?)', next: `${EXPORT}.` };
  if (/^[{[]\s*["{[\]}]/.test(head)) {
    return { found: 'a JSON file (TensorFlow.js or a configuration?)', next: 'Give the .onnx file itself.' };
  }
  return undefined;
}

const MAGICS: readonly { at: number; magic: string; impostor: Impostor }[] = [
  {
    at: 4,
    magic: 'TFL3',
    impostor: { found: 'a TensorFlow Lite model', next: 'Convert it with tf2onnx --tflite.' },
  },
  {
    at: 4,
    magic: 'ORTM',
    impostor: { found: 'an ORT-format model (.ort)', next: 'Give the .onnx file that it was made from.' },
  },
  {
    at: 0,
    magic: '\x89HDF',
    impostor: { found: 'an HDF5 file (Keras .h5)', next: 'Convert it with tf2onnx --keras.' },
  },
  { at: 0, magic: 'GGUF', impostor: { found: 'a GGUF model', next: `${EXPORT}.` } },
  {
    at: 0,
    magic: '\x93NUMPY',
    impostor: { found: 'a NumPy array (.npy)', next: 'Give it as data, not as the model.' },
  },
  { at: 0, magic: '\x1f\x8b', impostor: { found: 'a gzip file', next: 'Unpack it first.' } },
  {
    at: 0,
    magic: '\x80\x02',
    impostor: { found: 'a Python pickle (PyTorch .pt?)', next: 'Export it with torch.onnx.export.' },
  },
  { at: 0, magic: '\x89PNG', impostor: { found: 'a PNG picture', next: 'Give it as data, not as the model.' } },
  { at: 0, magic: '\xff\xd8\xff', impostor: { found: 'a JPEG picture', next: 'Give it as data, not as the model.' } },
];

function binaryImpostor(bytes: Uint8Array): Impostor | undefined {
  if (latin1(bytes, 0, 4) === 'PK\x03\x04') return zipImpostor(bytes);
  if (isSafetensors(bytes)) {
    return { found: 'a safetensors file: weights without a graph', next: 'Export the model they belong to as ONNX.' };
  }
  return MAGICS.find(({ at, magic }) => latin1(bytes, at, magic.length) === magic)?.impostor;
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** A file name of a zip stands both at its start and in the directory at the end, uncompressed. */
function zipImpostor(bytes: Uint8Array): Impostor {
  const names = latin1(bytes, 0, 4096) + new TextDecoder('latin1').decode(bytes.subarray(-65536));
  if (names.includes('data.pkl')) {
    return { found: 'a PyTorch checkpoint (.pt)', next: 'Export it with torch.onnx.export.' };
  }
  if (names.includes('saved_model.pb')) return { found: 'a zipped SavedModel', next: 'Convert it with tf2onnx.' };
  if (names.includes('.weights.h5')) return { found: 'a Keras model', next: 'Convert it with tf2onnx --keras.' };
  if (names.includes('.onnx')) return { found: 'a zip that holds an .onnx file', next: 'Unzip it and give the .onnx.' };
  return { found: 'a zip archive', next: 'Unzip it and give the .onnx file within.' };
}

/** safetensors: 8 bytes header length, little-endian, then a JSON object. */
function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return headerLength < 100_000_000n && latin1(bytes, 8, 2) === '{"';
}

/** Field number → wire type of ModelProto; 7 is the graph. */
const MODEL_FIELDS = new Map([
  [1, VARINT],
  [2, BYTES],
  [3, BYTES],
  [4, BYTES],
  [5, VARINT],
  [6, BYTES],
  [7, BYTES],
  [8, BYTES],
  [14, BYTES],
  [20, BYTES],
  [25, BYTES],
  [26, BYTES],
]);
const GRAPH = 7;

function sniffMessage(bytes: Uint8Array, file: string): void {
  const seen = new Set<number>();
  try {
    for (const { number, wireType } of fields(bytes)) {
      if (MODEL_FIELDS.has(number) && MODEL_FIELDS.get(number) !== wireType) throw foreign(file);
      seen.add(number);
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw cutOff(bytes, seen, file);
  }
  if (seen.has(GRAPH)) return;
  if (seen.has(1) && seen.has(2)) throw truncated(file, `${bytes.length} bytes that end before the graph`);
  throw foreign(file);
}

function foreign(file: string): Fault {
  return notOnnx(file, {
    found: 'binary data that does not read as an ONNX ModelProto (a TensorFlow .pb or Core ML model?)',
    next: `${EXPORT}, or check that this is the right file.`,
  });
}

/** A length that reaches past the end of a message that began as a model is a download that stopped. */
function cutOff(bytes: Uint8Array, seen: ReadonlySet<number>, file: string): Fault {
  const known = [...seen].filter((number) => MODEL_FIELDS.has(number));
  if (bytes[0] !== 0x08 || known.length < seen.size) return foreign(file);
  const missing = missingBytes(bytes);
  return missing === undefined
    ? truncated(file, `${bytes.length} bytes, the last of them in the middle of a field`)
    : truncated(file, `${bytes.length} bytes; at least ${missing} are missing`);
}

function missingBytes(bytes: Uint8Array): number | undefined {
  // A far end lets the cut-off field pass; the walk then stops at the first byte that is not there.
  try {
    for (const { end } of fields(bytes, 0, Number.MAX_SAFE_INTEGER)) {
      if (end > bytes.length) return end - bytes.length;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

function truncated(file: string, found: string): Fault {
  return new Fault('model-truncated', {
    message: 'The file is cut off',
    file,
    found,
    accepted: 'a complete ONNX model',
    next: 'Download or copy the model again.',
  });
}
