import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../src/quantize/simd');

/** Text of NAME-wasm.ts, as NAME.wat gives it. */
export async function assemble(name) {
  const wabt = await loadWabt();
  const module = wabt.parseWat(`${name}.wat`, readFileSync(join(folder, `${name}.wat`), 'utf8'), { simd: true });
  const bytes = Buffer.from(module.toBinary({}).buffer).toString('base64');
  return `/** ${name}.wat as bytes, written by tests/wasm/assemble.mjs. */\nexport const ${name.toUpperCase()}_WASM =\n  '${bytes}';\n`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of ['observe', 'weight']) writeFileSync(join(folder, `${name}-wasm.ts`), await assemble(name));
}
