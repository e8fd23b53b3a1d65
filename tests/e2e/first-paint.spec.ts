import { expect, test } from '@playwright/test';

interface Shift extends PerformanceEntry {
  readonly value: number;
}

test('the page is there before any script is, and stays where it is when they come', async ({ page }) => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/', { waitUntil: 'commit' });
  const title = page.getByRole('heading', { name: 'Make a model smaller and faster, and keep its accuracy' });
  await expect(title).toBeVisible();
  await expect(page.getByText('Nothing is uploaded.')).toBeVisible();
  await expect(page.getByLabel('Evaluation data')).toBeVisible();
  await expect(page.getByText('Octet', { exact: true })).toHaveCSS('font-weight', '680');
  const paints = () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length);
  await expect.poll(paints).toBe(1);
  const before = await title.boundingBox();

  await page.evaluate(() => {
    const shifts: number[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as Shift).value);
    }).observe({ type: 'layout-shift' });
    Object.assign(globalThis, { shifts });
  });
  release();
  await expect(page.getByText('WebGPU finds no graphics processor here')).toBeVisible();
  expect(await title.boundingBox()).toEqual(before);
  const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.01);
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible({ timeout: 60_000 });
});
