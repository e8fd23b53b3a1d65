import { expect, test, type Page } from '@playwright/test';
import { basename, dirname } from 'node:path';
import { announcement, downloadBy, dropFiles, expectNoViolations, goTo, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];

/** One finished session, seen from the start view. */
async function runOne(page: Page): Promise<void> {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'New session' }).click();
}

test('a deleted session comes back whole, by keyboard, after a reload; and goes for good', async ({ page }) => {
  await runOne(page);
  await expect(page.getByText(/1 session takes [\d.]+ [kM]B\. Octet takes/)).toBeVisible();
  await page.getByRole('button', { name: 'Delete', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^\s*Octet takes .* that this browser allows/)).toBeVisible();
  await expect(page.getByText('Deleted model. It can be brought back until')).toBeVisible();
  await expect(announcement(page)).toContainText('Deleted model. Undo is possible until');
  await expect(page.getByRole('button', { name: 'Open', exact: true })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await expectNoViolations(page);
  await page.reload();
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Open', exact: true })).toBeFocused();
  await expect(announcement(page)).toHaveText('model is back');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible();
  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByText('Sessions are kept in this browser')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Sessions are kept in this browser')).toBeVisible();
});

test('a duplicate brings files and settings for a new session; of an import it tells what is missing', async ({
  page,
}) => {
  await runOne(page);
  const row = page.getByRole('listitem').filter({ hasText: 'Finished' });
  const exported = await downloadBy(page, 'Export');
  await row.getByRole('button', { name: 'Duplicate' }).click();
  await expect(announcement(page)).toContainText('Files and settings of model are in place');
  await expect(page.getByText('Files and settings of model; change')).toBeVisible();
  for (const name of FILES) await expect(page.getByText(name, { exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Your own files' })).toBeFocused();
  await expectNoViolations(page);
  await page.getByLabel('Trials at most').fill('1');
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'New session' }).click();
  await expect(page.getByRole('button', { name: 'Duplicate' })).toHaveCount(2);

  for (let left = 2; left > 0; left--) {
    await page.getByRole('button', { name: 'Delete', exact: true }).first().click();
    await page.getByRole('button', { name: 'Delete for good' }).click();
  }
  await dropFiles(page, LENET, ['model.onnx']);
  await page.getByText('model.onnx', { exact: true }).waitFor();
  await dropFiles(
    page,
    dirname(await exported.download.path()) + '/',
    [basename(await exported.download.path())],
    '.json',
  );
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(page.getByText('It came without its files')).toContainText('add model.onnx, eval.npz, calib.npz');
  await expect(page.getByText('tune-config.yaml', { exact: true })).toBeVisible();
  await expect(page.getByText('Add a model and evaluation data to start.')).toBeVisible();
  await expectNoViolations(page);
  await page.getByRole('button', { name: 'Back to the files before' }).click();
  await expect(page.getByText('tune-config.yaml', { exact: true })).toHaveCount(0);
  await expect(page.getByText('model.onnx', { exact: true })).toBeVisible();
});

test('the time to bring a session back ends while the page is open', async ({ page }) => {
  await page.clock.install();
  await runOne(page);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.clock.fastForward('10:01');
  await expect(page.getByText('Sessions are kept in this browser')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
});

test('a receiver sees evidence and graph, by link and by file; a link that was tampered with is refused', async ({
  page,
  browser,
}) => {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await page.getByRole('button', { name: 'Copy share link' }).click({ timeout: 120_000 });
  const link = await page.getByRole('textbox', { name: /Copied|Copy this link/ }).inputValue();
  await expect(page.getByText(/[\d,]+ characters: the result, its evidence and the recipe/)).toBeVisible();
  const file = await downloadBy(page, 'Save as a file');

  const elsewhere = await browser.newContext({ viewport: { width: 360, height: 740 } });
  const shared = await elsewhere.newPage();
  const seen = async (): Promise<void> => {
    await expect(shared.getByRole('heading', { name: 'somebody tuned model.onnx with Octet' })).toBeVisible();
    await expect(shared.getByRole('heading', { name: 'What changed against float' })).toBeVisible();
    await expect(shared.getByRole('heading', { name: 'Latency on this device' })).toHaveCount(0);
    await expect(shared.getByRole('heading', { name: 'Graph' })).toBeVisible();
    await goTo(shared, 'Graph');
    await shared.locator('svg g[role="button"]').first().click();
    await expect(shared.getByLabel('Selected op')).toBeVisible();
    await expect(shared.getByRole('button', { name: /What if/ })).toHaveCount(0);
    await expect(shared.getByRole('button', { name: 'Measure sensitivity' })).toHaveCount(0);
  };
  await shared.goto(link);
  await seen();
  await expectNoViolations(shared);
  expect(await shared.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await shared.getByRole('button', { name: 'New session' }).click();
  const path = await file.download.path();
  await dropFiles(shared, dirname(path) + '/', [basename(path)], '.json');
  await seen();

  await shared.goto('about:blank');
  await shared.goto(link.slice(0, -40) + 'A'.repeat(40));
  await expect(shared.getByRole('alert')).toContainText('link-unreadable');
  await expect(shared.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await elsewhere.close();
});

test('the parts of a result are reached by keyboard, on a small screen, too', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  const nav = page.getByRole('navigation', { name: 'Parts of this page' });
  await expect(nav.getByRole('button')).toHaveText(
    ['Result', 'Evidence', 'Trials', 'Graph', 'Ops', 'Sensitivity', 'Compare', 'Configuration'],
    { timeout: 120_000 },
  );
  const current = nav.locator('[aria-current="location"]');
  // Where all is in sight its end is, too: the first part leads.
  await page.setViewportSize({ width: 3840, height: 4000 });
  await expect(current).toHaveText('Result');
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(current).toHaveText('Result');
  await nav.getByRole('button', { name: 'Trials' }).focus();
  await page.keyboard.press('Enter');
  await expect(current).toHaveText('Trials');
  await expect(page.getByRole('heading', { name: 'Every trial' })).toBeInViewport();
  await expect(nav).toBeInViewport();
  await nav.getByRole('button', { name: 'Configuration' }).press('Enter');
  await expect(current).toHaveText('Configuration');
  await expect(nav.getByRole('button', { name: 'Configuration' })).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('button', { name: 'Copy YAML' })).toBeInViewport();
  await page.mouse.wheel(0, -1e6);
  await expect(current).toHaveText('Result');
  expect(new URL(page.url()).hash).toBe('');
  await expectNoViolations(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});
