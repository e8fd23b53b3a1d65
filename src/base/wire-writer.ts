import { BYTES, FIXED32, VARINT } from './wire.ts';

const UTF8 = new TextEncoder();
/** Bytes of the longest varint. */
const MAX_VARINT = 10;

/** Writes protobuf fields one behind the other. */
export class WireWriter {
  #bytes = new Uint8Array(4096);
  #end = 0;

  /** What has been written since it was taken last. */
  take(): Uint8Array {
    const written = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    return written;
  }

  /** An int32, int64, uint64 or enum. */
  integer(field: number, value: number | bigint): void {
    this.#reserve(2 * MAX_VARINT);
    this.#varint(field * 8 + VARINT);
    const number = Number(value);
    if (number >= 0 && number < 2 ** 31) this.#varint(number);
    else this.#wideVarint(BigInt(value));
  }

  float(field: number, value: number): void {
    this.#reserve(MAX_VARINT + 4);
    this.#varint(field * 8 + FIXED32);
    new DataView(this.#bytes.buffer).setFloat32(this.#end, value, true);
    this.#end += 4;
  }

  string(field: number, text: string): void {
    this.#reserve(2 * MAX_VARINT + text.length);
    const start = this.#end;
    this.#varint(field * 8 + BYTES);
    this.#varint(text.length);
    if (this.#ascii(text)) return;
    this.#end = start;
    this.bytes(field, UTF8.encode(text));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#reserve(2 * MAX_VARINT);
    this.#varint(field * 8 + BYTES);
    this.#varint(value.length);
    this.raw(value);
  }

  /** Fields that are encoded already. */
  raw(encoded: Uint8Array): void {
    this.#reserve(encoded.length);
    this.#bytes.set(encoded, this.#end);
    this.#end += encoded.length;
  }

  /** Begins a message, which ends with `end(start)` for what this returns. */
  begin(field: number): number {
    this.#reserve(2 * MAX_VARINT);
    this.#varint(field * 8 + BYTES);
    return this.#end++;
  }

  /** Most messages are shorter than 128 bytes, so that one byte was left for their length; longer ones move. */
  end(start: number): void {
    const length = this.#end - start - 1;
    let size = 1;
    for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) size++;
    if (size > 1) {
      this.#reserve(size);
      this.#bytes.copyWithin(start + size, start + 1, this.#end);
    }
    this.#end = start;
    this.#varint(length);
    this.#end += length;
  }

  /** False where a character is none: TextEncoder takes longer for text as short as names are. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[end + i] = code;
    }
    this.#end = end + text.length;
    return true;
  }

  #reserve(size: number): void {
    const needed = this.#end + size;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  /** Below 2^31. */
  #varint(value: number): void {
    const bytes = this.#bytes;
    let at = this.#end;
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    this.#end = at;
  }

  #wideVarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#end++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#end++] = Number(rest);
  }
}
