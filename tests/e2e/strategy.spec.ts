import { expect, test, type Page } from '@playwright/test';
import { FakeSigOpt, TOKEN } from '../sigopt/fake-server.ts';
import { dropFiles, expectNoViolations, LENET, watchRequests } from './page.ts';

const EXAMPLES = new URL('../../public/examples/', import.meta.url).pathname;
const DATA = ['model.onnx', 'calib.npz', 'eval.npz'];
const INT8_OR_FLOAT = '{weight: {dtype: [int8, fp32]}, activation: {dtype: [uint8, fp32]}}';
const SEARCHES = `quantization: {calibration: {sampling_size: 100}, optype_wise: {Conv: ${INT8_OR_FLOAT}, Gemm: ${INT8_OR_FLOAT}}}
tuning:
  accuracy_criterion: {absolute: -0.2}
  exit_policy: {max_trials: 4}
`;

async function giveConfig(page: Page, text: string): Promise<void> {
  await page.getByLabel('Configuration').setInputFiles({ name: 'tune.yaml', mimeType: '', buffer: Buffer.from(text) });
}

async function finish(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
}

/** Everything that the page keeps, as text. */
async function stored(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const all: unknown[] = [Object.entries(localStorage), Object.entries(sessionStorage), document.cookie];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name ?? '');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const values = await new Promise<unknown[]>((resolve) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
        });
        all.push(store, values);
      }
      database.close();
    }
    const texts = all
      .flat(2)
      .map(async (value) => JSON.stringify(value) + (value instanceof Blob ? await value.text() : ''));
    return (await Promise.all(texts)).join('\n');
  });
}

test('a module of the user leads the search, once he says so', async ({ page, context, baseURL }) => {
  const foreign = watchRequests(context, new URL(baseURL ?? '').origin);
  await page.goto('/');
  await dropFiles(page, LENET, DATA);
  await giveConfig(page, SEARCHES);
  await dropFiles(page, EXAMPLES, ['bisect-strategy.mjs']);
  const start = page.getByRole('button', { name: 'Start tuning' });
  await expect(start).toBeDisabled();
  await page.getByText('Show the code').click();
  await expect(page.getByText('export default class BisectTuneStrategy')).toBeVisible();
  await expectNoViolations(page);
  const consent = page.getByLabel('Run this code in the tuner');
  await consent.check();
  await expect(start).toBeEnabled();
  // Another file is another question.
  await dropFiles(page, EXAMPLES, ['bisect-strategy.mjs']);
  await expect(consent).not.toBeChecked();
  await consent.check();
  await start.click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Resume' }).click();
  await finish(page);
  expect(await page.getByRole('row', { name: /least harmful ops in int8/ }).count()).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Copy share link' }).click();
  const link = page.locator('input[readonly]');
  await expect(link).toHaveValue(/#share=/);
  expect(await unpacked(page, await link.inputValue())).not.toContain('propose');
  expect(foreign).toEqual([]);
});

test('a module that is no strategy is named, and so is the line of one that fails', async ({ page }) => {
  const give = (text: string): Promise<void> =>
    page
      .getByLabel('Strategy', { exact: true })
      .setInputFiles({ name: 'mine.mjs', mimeType: '', buffer: Buffer.from(text) });
  await page.goto('/');
  await dropFiles(page, LENET, DATA);
  const alert = page.getByRole('alert');
  for (const [text, code, words] of [
    ['export const a = 1;', 'strategy-class-missing', 'mine.mjs'],
    ['export default class {', 'strategy-module-unreadable', 'SyntaxError'],
    ["import 'https://elsewhere.example/code.mjs';", 'strategy-module-unreadable', 'mine.mjs'],
    [
      'export default class MyTuneStrategy {\n  async *propose() {\n    await fetch("https://elsewhere.example/");\n  }\n}',
      'strategy-failed',
      'Failed to fetch',
    ],
  ] as const) {
    await give(text);
    await page.getByLabel('Run this code in the tuner').check();
    await page.getByRole('button', { name: 'Start tuning' }).click();
    await expect(alert).toContainText(code);
    await expect(alert).toContainText(words);
  }
});

test('a SigOpt server leads the search; its token is asked for and never kept', async ({ page, context, baseURL }) => {
  const foreign = watchRequests(context, new URL(baseURL ?? '').origin);
  const fake = await FakeSigOpt.listen(Number(process.env['OCTET_E2E_SIGOPT_PORT']));
  const config = (token: string): string =>
    SEARCHES.replace(
      'tuning:\n',
      `tuning:\n  strategy: {name: sigopt, sigopt_base_url: /sigopt, sigopt_api_token: ${token}}\n`,
    );
  try {
    await page.goto('/');
    await dropFiles(page, LENET, DATA);
    await giveConfig(page, config(''));
    await page.getByRole('button', { name: 'Start tuning' }).click();
    const field = page.getByLabel('SigOpt API token');
    await expect(field).toHaveAttribute('type', 'password');
    await expectNoViolations(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(field).toHaveCount(0);
    await page.getByRole('button', { name: 'Start tuning' }).click();
    // The server holds the search up after its first trial.
    fake.disturb = () => ((fake.experiments[0]?.observations.length ?? 0) > 0 ? { status: 429 } : null);
    await field.fill(TOKEN);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page
      .getByRole('row', { name: /SigOpt/ })
      .first()
      .waitFor();
    expect(await stored(page)).not.toContain(TOKEN);
    await page.reload();
    fake.disturb = () => null;
    await page.getByRole('button', { name: 'Resume' }).click();
    await field.fill(TOKEN);
    await page.getByRole('button', { name: 'Continue' }).click();
    await finish(page);
    expect(fake.experiments).toHaveLength(1);
    expect(fake.experiment.observations).toHaveLength(4);

    await page.getByRole('button', { name: 'New session' }).click();
    await dropFiles(page, LENET, DATA);
    await giveConfig(page, config(TOKEN));
    await page.getByRole('button', { name: 'Start tuning' }).click();
    await finish(page);
    expect(fake.experiments).toHaveLength(2);
    await page.getByRole('button', { name: 'Copy share link' }).click();
    const link = page.locator('input[readonly]');
    expect(await unpacked(page, await link.inputValue())).not.toContain(TOKEN);
    const kept = await stored(page);
    expect(kept).toContain('sigopt_base_url');
    expect(kept).not.toContain(TOKEN);

    fake.disturb = () => ({ status: 403, text: `{"message":"token ${TOKEN} is revoked"}` });
    await page.getByRole('button', { name: 'New session' }).click();
    await dropFiles(page, LENET, DATA);
    await giveConfig(page, config(TOKEN));
    await page.getByRole('button', { name: 'Start tuning' }).click();
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('service-unauthorized');
    await expect(alert).not.toContainText(TOKEN);
    expect(foreign).toEqual([]);
  } finally {
    await fake.close();
  }
});

test('a server of another origin: why the browser keeps its answer, and what cures it', async ({ page }) => {
  // The policy admits this address; the server answers, but names no origin that may read it.
  const fake = await FakeSigOpt.listen(Number(process.env['OCTET_E2E_SIGOPT_PORT']));
  try {
    await page.goto('/');
    const alert = page.getByRole('alert');
    for (const url of [fake.url, 'https://elsewhere.example/api']) {
      await dropFiles(page, LENET, DATA);
      await giveConfig(
        page,
        `tuning: {strategy: {name: sigopt, sigopt_base_url: '${url}', sigopt_api_token: ${TOKEN}}}`,
      );
      await page.getByRole('button', { name: 'Start tuning' }).click();
      await expect(alert).toContainText('service-unreachable', { timeout: 60_000 });
      await expect(alert).toContainText(url);
      for (const cure of ['CORS', 'OCTET_SIGOPT_URL', 'add_header Access-Control-Allow-Origin', 'octet proxy'])
        await expect(alert).toContainText(cure);
      expect(fake.log).toEqual([]);
      await page.getByRole('button', { name: 'New session' }).click();
    }
  } finally {
    await fake.close();
  }
});

test('the form offers every strategy and says what it does', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, DATA);
  const choice = page.getByLabel('Search strategy');
  await choice.selectOption('conservative');
  await expect(page.getByText('Starts in float and turns one kind of op after another to int8')).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoViolations(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByText('conservative strategy')).toBeVisible();
});

/** What a share link carries, as text. */
async function unpacked(page: Page, link: string): Promise<string> {
  return page.evaluate(async (text) => {
    const binary = atob(
      text
        .slice(text.indexOf('=') + 1)
        .replaceAll('-', '+')
        .replaceAll('_', '/'),
    );
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
  }, link);
}
