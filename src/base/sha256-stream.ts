const ROUND_CONSTANTS = roundConstants();

/** Fractional bits of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
function roundConstants(): Uint32Array {
  return Uint32Array.from(primes(64), (prime) => fractionBits(prime, 3n));
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

/** First 32 fractional bits of the `degree`-th root of `value`, by integer bisection: exact on every platform. */
function fractionBits(value: number, degree: bigint): number {
  const target = BigInt(value) << (32n * degree);
  let low = 0n;
  let high = BigInt(value) << 32n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** degree <= target) low = middle;
    else high = middle - 1n;
  }
  return Number(low & 0xffffffffn);
}

/** SHA-256 fed piece by piece: for files too large to be held whole, which `crypto.subtle` requires. */
export class Sha256Stream {
  readonly #state = Uint32Array.from(primes(8), (prime) => fractionBits(prime, 2n));
  readonly #schedule = new Uint32Array(64);
  readonly #pending = new Uint8Array(64);
  #pendingBytes = 0;
  #totalBytes = 0;

  update(bytes: Uint8Array): this {
    this.#totalBytes += bytes.length;
    let position = 0;
    if (this.#pendingBytes > 0) {
      position = Math.min(64 - this.#pendingBytes, bytes.length);
      this.#pending.set(bytes.subarray(0, position), this.#pendingBytes);
      this.#pendingBytes += position;
      if (this.#pendingBytes < 64) return this;
      this.#compress(this.#pending, 0);
      this.#pendingBytes = 0;
    }
    for (; position + 64 <= bytes.length; position += 64) this.#compress(bytes, position);
    this.#pending.set(bytes.subarray(position));
    this.#pendingBytes = bytes.length - position;
    return this;
  }

  /** The digest as 64 lower-case hex digits; ends the stream. */
  hex(): string {
    const length = this.#totalBytes;
    const padding = new Uint8Array(((119 - (length % 64)) % 64) + 9);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(padding.length - 4, (length % 2 ** 29) * 8);
    this.update(padding);
    return [...this.#state].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  #compress(bytes: Uint8Array, offset: number): void {
    const w = this.#schedule;
    const at = (i: number): number => w[i] as number;
    for (let i = 0; i < 16; i++) {
      const p = offset + 4 * i;
      w[i] =
        ((bytes[p] as number) << 24) |
        ((bytes[p + 1] as number) << 16) |
        ((bytes[p + 2] as number) << 8) |
        (bytes[p + 3] as number);
    }
    for (let i = 16; i < 64; i++) {
      const x = at(i - 15);
      const y = at(i - 2);
      const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (at(i - 16) + small0 + at(i - 7) + small1) | 0;
    }
    this.#rounds();
  }

  #rounds(): void {
    const state = this.#state;
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let i = 0; i < 64; i++) {
      const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const choice = (e & f) ^ (~e & g);
      const first = (h + big1 + choice + (ROUND_CONSTANTS[i] as number) + (this.#schedule[i] as number)) | 0;
      const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + second) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = ((state[i] as number) + word) | 0));
  }
}
