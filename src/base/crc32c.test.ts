import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

it('gives the checksums of RFC 3720, appendix B.4', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
});
