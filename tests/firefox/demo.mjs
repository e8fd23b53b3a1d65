/*
 * Runs the demo of the built page in Firefox: as it comes, and in a private window; and looks at what the page says without storage or WebAssembly.
 *
 *     npm run build && node tests/firefox/demo.mjs [PATH OF FIREFOX] [FOLDER FOR SCREENSHOTS]
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preview } from 'vite';
import { startFirefox } from './marionette.mjs';

const [program = 'firefox', screenshots] = process.argv.slice(2);
/** `says`: what the page must say where the demo cannot run. */
const CASES = [
  { name: 'as it comes', preferences: {} },
  { name: 'private window', preferences: { 'browser.privatebrowsing.autostart': true } },
  {
    name: 'cookies and storage refused',
    preferences: { 'network.cookie.cookieBehavior': 2 },
    says: /lets the page keep nothing/,
  },
  { name: 'no WebAssembly', preferences: { 'javascript.options.wasm': false }, says: /lacks WebAssembly/ },
];
const PATIENCE_MS = 150_000;

const server = await preview({ preview: { port: 0 } });
const { port } = server.httpServer.address();
let failed = false;
for (const { name, preferences, says } of CASES) {
  const started = performance.now();
  const firefox = await startFirefox(program, preferences);
  try {
    await firefox.resize(1200, 900);
    await firefox.go(`http://localhost:${port}/`);
    const text = await (says ? waitFor(firefox, says) : runDemo(firefox));
    console.log(`${name}: ${text} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  } catch (thrown) {
    failed = true;
    console.log(`${name}: FAILED: ${thrown.message}\n${(await visibleText(firefox)).slice(0, 1500)}`);
  } finally {
    if (screenshots)
      await writeFile(join(screenshots, `firefox-${name.replaceAll(' ', '-')}.png`), await firefox.screenshot());
    await firefox.close();
  }
}
await server.close();
process.exit(failed ? 1 : 0);

async function runDemo(firefox) {
  await waitFor(firefox, /demo/i);
  const clicked = await firefox.run(
    'const b = [...document.querySelectorAll("button")].find((each) => /demo/i.test(each.textContent)); b?.click(); return b?.textContent.trim();',
  );
  if (!clicked) throw new Error('There is no button for the demo');
  await waitFor(firefox, /More downloads/);
  return firefox.run(
    'return document.querySelector("h1, .verdict, [class*=verdict]") && document.body.innerText.match(/[^\\n]*smaller[^\\n]*|[^\\n]*criterion[^\\n]*/)?.[0]',
  );
}

async function waitFor(firefox, wanted) {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = wanted.exec(await visibleText(firefox));
    if (found) return found[0];
    if (performance.now() > until) throw new Error(`Nothing says ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function visibleText(firefox) {
  return firefox.run('return document.body.innerText');
}
