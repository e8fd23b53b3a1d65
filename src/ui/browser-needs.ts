/** Where what a page may use is looked for; the window. */
export type Scope = Readonly<Record<string, unknown>>;

/** A module whose one function uses a SIMD instruction (i8x16.popcnt): ONNX Runtime has no build without. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Why the page cannot run here, in words; null where it can. */
export function obstacle(scope: Scope): string | null {
  if (scope['isSecureContext'] === false)
    return 'This page came over an insecure connection. Browsers withhold from such pages what Octet needs: hashing and locks. Open it over HTTPS, or at http://localhost on the machine that serves it.';
  const missing = missingFeatures(scope);
  return missing.length > 0 ? needsWords(missing) : null;
}

/** What Octet cannot do without and this browser lacks, in words; empty: all is there. */
export function missingFeatures(scope: Scope): string[] {
  const has = (name: string): boolean => scope[name] !== undefined && scope[name] !== null;
  const wasm = scope['WebAssembly'] as typeof WebAssembly | undefined;
  return [
    ...(!wasm ? ['WebAssembly'] : wasm.validate(SIMD_MODULE) ? [] : ['WebAssembly with SIMD']),
    ...(has('Worker') ? [] : ['web workers']),
    ...(has('DecompressionStream') ? [] : ['compression streams']),
  ];
}

/** What the page says instead of itself. */
export function needsWords(missing: readonly string[]): string {
  return `This browser lacks ${missing.join(', ')}. Octet runs models on your own device and needs it: use a current Firefox, Chrome, Edge or Safari, in which it is not switched off, or Octet’s command line.`;
}
