import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../src/quantize/simd');

/** Text of observe-wasm.ts, as observe.wat gives it. */
export async function assemble() {
  const wabt = await loadWabt();
  const module = wabt.parseWat('observe.wat', readFileSync(join(folder, 'observe.wat'), 'utf8'), { simd: true });
  const bytes = Buffer.from(module.toBinary({}).buffer).toString('base64');
  return `/** observe.wat as bytes, written by tests/wasm/assemble.mjs. */\nexport const OBSERVE_WASM =\n  '${bytes}';\n`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(folder, 'observe-wasm.ts'), await assemble());
}
