import { expect, it } from 'vitest';
import { missingFeatures, needsWords, obstacle } from './browser-needs.ts';

const all = { WebAssembly, Worker: class {}, DecompressionStream };

it('lacks nothing where all is there', () => {
  expect(missingFeatures(all)).toEqual([]);
});

it.each([
  ['WebAssembly', 'WebAssembly'],
  ['Worker', 'web workers'],
  ['DecompressionStream', 'compression streams'],
])('without %s it names %s', (name, words) => {
  const missing = missingFeatures({ ...all, [name]: undefined });
  expect(missing).toEqual([words]);
  expect(needsWords(missing)).toContain(words);
});

it('asks for SIMD, which WebAssembly may lack', () => {
  const old = { ...all, WebAssembly: { validate: () => false } };
  expect(missingFeatures(old)).toEqual(['WebAssembly with SIMD']);
});

it('tells an insecure connection from a browser that lacks something', () => {
  expect(obstacle({ ...all, isSecureContext: true })).toBeNull();
  expect(obstacle({ ...all, isSecureContext: false })).toContain('HTTPS');
  expect(obstacle({ ...all, isSecureContext: true, Worker: undefined })).toContain('web workers');
});
