import { expect, test } from '@playwright/test';
import { dropFiles, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];

test('tunes without a network after the first load', async ({ page, context }) => {
  await page.goto('/');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const { headers, online } = await page.evaluate(async () => {
    const kept = await fetch('./');
    const online = await fetch('./not-a-file').catch(() => null);
    return { headers: Object.fromEntries(kept.headers), online: online !== null };
  });
  expect(online).toBe(false);
  expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
  expect(headers['content-security-policy']).toContain("default-src 'none'");

  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'New session' }).click();
  await expect(page.getByText('Finished', { exact: true })).toBeVisible();
});

test('can be installed', async ({ page, request }) => {
  await page.goto('/');
  const address = await page.locator('link[rel="manifest"]').evaluate((link) => (link as HTMLLinkElement).href);
  const response = await request.get(address);
  const manifest = (await response.json()) as { icons: { src: string; sizes: string; type: string }[] };
  for (const { src, type, sizes } of manifest.icons) {
    const icon = await request.get(new URL(src, address).href);
    expect(icon.headers()['content-type']).toContain(type);
    if (type === 'image/png') {
      const bytes = await icon.body();
      expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
    }
  }
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});
