/*
 * Runs the built page in a browser that Playwright's tests do not reach, as a person would: the demo, a reload on the way, files of one's own, a
 * narrow window, and what the page says where the browser lacks something.
 *
 *     npm run build && node tests/browsers/demo.mjs firefox [PATH OF FIREFOX] [FOLDER FOR SCREENSHOTS]
 *     npm run build && xvfb-run -a node tests/browsers/demo.mjs webkit [PATH OF WEBKITWEBDRIVER] [FOLDER FOR SCREENSHOTS]
 *
 * Any Firefox will do; WebKitWebDriver is in Debian's package webkit2gtk-driver.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preview } from 'vite';
import { CASES } from './cases.mjs';
import { startFirefox } from './marionette.mjs';
import { Page } from './page.mjs';
import { startWebKit } from './webdriver.mjs';

const START = { firefox: startFirefox, webkit: startWebKit };
const [kind = '', path, screenshots] = process.argv.slice(2);
if (!(kind in START)) throw new Error(`“${kind}” is no browser of this script: say ${Object.keys(START).join(' or ')}`);

const server = await preview({ preview: { port: 0 } });
const address = `http://localhost:${server.httpServer.address().port}/`;
let failed = 0;
for (const { name, settings = {}, width = 1200, act } of CASES[kind]) {
  const started = performance.now();
  const browser = await START[kind](path, settings);
  const page = new Page(browser, address);
  let outcome;
  try {
    await browser.resize(width, 900);
    await page.open();
    outcome = await act(page);
  } catch (thrown) {
    failed++;
    outcome = `FAILED: ${thrown.message}\n${(await page.text()).slice(0, 1500)}`;
  }
  console.log(`${browser.name}, ${name}: ${outcome} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  if (screenshots) await photograph(browser, `${kind}-${name.replaceAll(' ', '-')}.png`);
  await browser.close();
}
await server.close();
process.exit(failed > 0 ? 1 : 0);

/** WebKitWebDriver hands out no picture of some windows: that fails no case. */
async function photograph(browser, file) {
  try {
    await writeFile(join(screenshots, file), await browser.screenshot());
  } catch (thrown) {
    console.log(`${file}: ${thrown.message}`);
  }
}
