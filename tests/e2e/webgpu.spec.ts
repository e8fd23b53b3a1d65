import { expect, test } from '@playwright/test';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dropFiles, expectNoViolations, LENET } from './page.ts';

const executablePath = process.env['OCTET_CHROMIUM'] ?? '/usr/bin/chromium';
const WEBGPU_BUILD = /asyncify.*\.wasm/;

test.use({ launchOptions: { executablePath, args: ['--no-sandbox', '--enable-unsafe-webgpu'] } });

test('tunes for WebGPU when the user chooses it', async ({ page, context }) => {
  const loaded: string[] = [];
  context.on('request', (request) => loaded.push(request.url()));
  await page.goto('/');
  const hasAdapter = await page.evaluate(async () => {
    const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } };
    return Boolean(await gpu?.requestAdapter());
  });
  test.skip(!hasAdapter, 'this Chromium offers no WebGPU adapter');
  // The second load is the service worker's.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.getByLabel('Runs on').selectOption('scored');
  await expect(page.getByText('int8 models are scored in float there')).toBeVisible();
  await page.getByRole('button', { name: 'All settings as YAML' }).click();
  const editor = page.getByRole('textbox', { name: /configuration/i });
  await expect(editor).toContainText(/evaluation:\s*accuracy:\s*device: gpu/);
  await page.getByLabel('Runs on').selectOption('cpu');
  await expect(editor).not.toContainText('evaluation');
  await page.getByLabel('Runs on').selectOption('gpu');
  await expect(page.getByText('WebGPU computes nothing in int8')).toBeVisible();
  await expectNoViolations(page);
  expect(loaded.filter((url) => WEBGPU_BUILD.test(url))).toEqual([]);

  await dropFiles(page, LENET, ['model.onnx', 'calib.npz', 'eval.npz']);
  // As the form has it, but 8 samples: SwiftShader is slow.
  const folder = `${mkdtempSync(`${tmpdir()}/octet-webgpu-`)}/`;
  const yaml = 'device: gpu\nevaluation: {accuracy: {metric: {topk: 1}, iteration: 8}}\n';
  writeFileSync(`${folder}tune.yaml`, yaml);
  await dropFiles(page, folder, ['tune.yaml']);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText('Checked on WASM', { exact: true })).toBeVisible();
  await expectNoViolations(page);
  const kept = await page.evaluate(async () => {
    const caches = await Promise.all((await self.caches.keys()).map((name) => self.caches.open(name)));
    const requests = await Promise.all(caches.map((cache) => cache.keys()));
    return requests.flat().map(({ url }) => url);
  });
  expect(kept.some((url) => WEBGPU_BUILD.test(url))).toBe(true);
});
