import { chromium, expect, test, type Page } from '@playwright/test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadBy, dropFiles, expectNoViolations, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];

async function tune(page: Page): Promise<void> {
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
}

test('site data blocked: the page tunes in the tab, says so, and the session is carried off as a file', async ({
  baseURL,
}, testInfo) => {
  const profile = testInfo.outputPath('profile');
  await mkdir(join(profile, 'Default'), { recursive: true });
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(preferences));
  const { launchOptions } = testInfo.project.use;
  const context = await chromium.launchPersistentContext(profile, { ...launchOptions, baseURL: baseURL ?? '' });
  try {
    const page = await context.newPage();
    await page.goto('/');
    const note = page.getByRole('status', { name: 'Storage' });
    await expect(note).toContainText('This browser keeps nothing for this page.');
    await expect(page.getByText('Sessions are kept in this tab until it closes.')).toBeVisible();
    await expectNoViolations(page);
    await tune(page);
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expectNoViolations(page);
    await page.screenshot({ path: testInfo.outputPath('refused.png') });
    const { download } = await downloadBy(page, 'Export the session');
    expect(download.suggestedFilename()).toBe('model.octet-session.json');

    // What a stored session can do, one in memory can.
    await page.getByRole('button', { name: 'New session' }).click();
    await expect(page.getByText('In this tab only')).toBeVisible();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await page.reload();
    expect(asked).toEqual(['beforeunload']);
    await expect(note).toContainText('Sessions will be gone');
    await expect(page.getByText('In this tab only')).toHaveCount(0);
  } finally {
    await context.close();
  }
});

test('no room on the disk: the run goes on in memory', async ({ page, baseURL }) => {
  const devtools = await page.context().newCDPSession(page);
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  const { origin } = new URL(baseURL ?? '');
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  const note = page.getByRole('status', { name: 'Storage' });
  await expect(note).toContainText('The browser has no room left for this page.');
  await expect(page.getByRole('alert')).toHaveCount(0);
  const { bytes } = await downloadBy(page, 'Download int8 model');
  expect(bytes.length).toBeGreaterThan(1000);
  const trials = await page.getByRole('table', { name: 'Trials' }).locator('tbody tr').count();
  const exported = JSON.parse((await downloadBy(page, 'Export the session')).bytes.toString()) as {
    record: { trials: unknown[]; outcome: unknown };
  };
  expect(exported.record.trials).toHaveLength(trials);
  expect(exported.record.outcome).not.toBeNull();
  await page.getByRole('button', { name: 'New session' }).click();
  await expect(page.getByText('In this tab only')).toBeVisible();
  await expectNoViolations(page);
});

test('site data cleared during a run: the run ends with its result, and the page says what happened', async ({
  page,
  baseURL,
}) => {
  const devtools = await page.context().newCDPSession(page);
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await page.getByRole('table', { name: 'Trials' }).locator('tr[data-trial]').first().waitFor({ timeout: 60_000 });
  const { origin } = new URL(baseURL ?? '');
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  const note = page.getByRole('status', { name: 'Storage', exact: true });
  await expect(note).toContainText('The data of this page were cleared while it was open');
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  const { bytes } = await downloadBy(page, 'Download int8 model');
  expect(bytes.length).toBeGreaterThan(1000);
  await expectNoViolations(page);
});
