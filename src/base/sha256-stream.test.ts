import { expect, it } from 'vitest';
import { sha256 } from './hash.ts';
import { Sha256Stream } from './sha256-stream.ts';

it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])(
  'agrees with crypto.subtle on %i bytes in pieces',
  async (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + 7) & 255);
    for (const piece of [1, 7, 64, 500]) {
      const stream = new Sha256Stream();
      for (let start = 0; start < length; start += piece) stream.update(bytes.subarray(start, start + piece));
      expect(stream.hex()).toBe(await sha256(bytes));
    }
  },
);
