import { expect, it } from 'vitest';
import { fromBase64, toBase64 } from './base64.ts';

it('writes bytes that it reads back, however many', () => {
  const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => i * 7);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  expect(toBase64(Uint8Array.of(0xfb, 0xff))).toBe(Buffer.from([0xfb, 0xff]).toString('base64'));
  expect(toBase64(new Uint8Array(0))).toBe('');
});

it('refuses other text', () => {
  expect(() => fromBase64('no base64!')).toThrow();
});
