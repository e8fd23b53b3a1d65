import { chromium } from '@playwright/test';
import { availableParallelism, loadavg } from 'node:os';
import { build, preview } from 'vite';
import { findChromium } from '../chromium.mjs';

/** Seconds from the click on the demo, in a browser that has never seen the page, to the baseline and the first measured models. */
export async function benchFirstMinute(runs = 3) {
  await build({ logLevel: 'warn' });
  const server = await preview({ preview: { port: 0 } });
  const browser = await chromium.launch({ executablePath: await findChromium(), args: ['--no-sandbox'] });
  const cores = availableParallelism();
  try {
    for (let run = 1; run <= runs; run++) {
      const load = loadavg()[0]?.toFixed(1);
      const { opened, running, stored, int8 } = await once(browser, server.resolvedUrls.local[0]);
      console.log(
        `run ${run}: page ${opened} s, then from the click: running ${running} s, stored weights ${stored} s, first int8 model ${int8} s (${cores} cores, load before ${load})`,
      );
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

async function once(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  let from = performance.now();
  const seconds = () => ((performance.now() - from) / 1000).toFixed(1);
  await page.goto(url);
  const demo = page.getByRole('button', { name: 'Try the demo' });
  await demo.waitFor();
  const opened = seconds();
  from = performance.now();
  await demo.click();
  const rows = page.getByRole('table', { name: 'Trials' }).locator('tbody tr');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  const running = seconds();
  await rows.filter({ hasText: 'weight storage' }).first().waitFor({ timeout: 300_000 });
  const stored = seconds();
  await rows.filter({ hasNotText: 'weight storage' }).first().waitFor({ timeout: 300_000 });
  const int8 = seconds();
  await context.close();
  return { opened, running, stored, int8 };
}
