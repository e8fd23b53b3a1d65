/**
 * Photographs the built page in its states, light and dark, wide and narrow, into this folder: `npm run build`, then
 * `node tests/screens/take.mjs`. Look at every picture; they are for people, and no test compares them.
 */
import { chromium } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { preview } from 'vite';
import { findChromium } from '../chromium.mjs';

const FOLDER = new URL('.', import.meta.url).pathname;
const PORT = 4318;
const VARIANTS = [
  { name: 'light', colorScheme: 'light', width: 1100 },
  { name: 'dark-narrow', colorScheme: 'dark', width: 360 },
];

const server = await preview({ preview: { port: PORT, strictPort: true } });
const browser = await chromium.launch({ executablePath: await findChromium(), args: ['--no-sandbox'] });
try {
  await mkdir(FOLDER, { recursive: true });
  for (const variant of VARIANTS) await photograph(variant);
} finally {
  await browser.close();
  await server.close();
}

async function photograph({ name, colorScheme, width }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const shoot = async (state) => {
    // Bars that stick to the window would lie across a picture of the whole page.
    await page.addStyleTag({ content: 'footer, nav { position: static !important; }' });
    await page.screenshot({ path: `${FOLDER}${state}-${name}.jpg`, type: 'jpeg', quality: 55, fullPage: true });
  };
  await page.goto(`http://localhost:${PORT}/`);
  await shoot('start');
  await page.getByLabel('Configuration', { exact: true }).setInputFiles({
    name: 'tune.yaml',
    mimeType: '',
    buffer: Buffer.from('tuning:\n  exit_policy:\n    max_trails: 3\n'),
  });
  await page.getByRole('button', { name: 'All settings as YAML' }).click();
  await page.getByText('Did you mean max_trials?').waitFor();
  await shoot('configuration');
  await page
    .getByLabel('Model', { exact: true })
    .setInputFiles({ name: 'model.onnx', mimeType: '', buffer: Buffer.from('not a model') });
  await page
    .getByLabel('Evaluation data', { exact: true })
    .setInputFiles({ name: 'eval.npz', mimeType: '', buffer: Buffer.from('not an archive') });
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await page.getByRole('alert').first().waitFor();
  await shoot('failed');
  await page.reload();
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await page.getByRole('table', { name: 'Trials' }).getByRole('row', { name: 'weight storage' }).waitFor();
  await shoot('running');
  await page.getByRole('button', { name: 'Download int8 model' }).waitFor({ timeout: 180_000 });
  const goTo = (section) =>
    page.getByRole('navigation', { name: 'Parts of this page' }).getByRole('button', { name: section }).click();
  await goTo('Sensitivity');
  await page.getByRole('button', { name: 'Measure sensitivity' }).click();
  await page.getByRole('table', { name: 'Sensitivity' }).waitFor({ timeout: 180_000 });
  await goTo('Graph');
  await page.getByRole('region', { name: 'Graph', exact: true }).waitFor();
  // What pays in int8 depends on the device: there may be no such op.
  const int8 = page.locator('svg g.int8').first();
  if ((await int8.count()) > 0) {
    await int8.click();
    await page.getByRole('button', { name: 'What if float?' }).click();
    await page.getByText('From 128 samples').waitFor({ timeout: 60_000 });
  }
  await shoot('finished');
  await page.getByRole('button', { name: 'Copy share link' }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith('http'));
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'New session' }).click();
  await page
    .getByRole('button', { name: /^Delete/ })
    .first()
    .click();
  await shoot('deleted');
  await page.goto(link);
  await page.reload();
  await page.getByRole('heading', { name: 'Graph' }).waitFor();
  await shoot('shared');
  await context.close();
}
