import { expect, test, type Page } from '@playwright/test';
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import {
  announcement,
  downloadBy,
  downloadMore,
  dropFiles,
  expectNoViolations,
  LENET,
  longestTask,
  trialRows,
  watchRequests,
} from './page.ts';

const DEMO = new URL('../../public/demo/', import.meta.url).pathname;
const FILES = ['model.onnx', 'calib.npz', 'eval.npz'];
/** More trials than a test ever waits for, none of which is good enough. */
const ENDLESS =
  'tuning: {strategy: {name: exhaustive}, accuracy_criterion: {absolute: -0.2}, exit_policy: {max_trials: 2000}}';
/** Ten trials, so that a search that has been resumed can be paused before its end. */
const TEN_TRIALS =
  'tuning: {strategy: {name: basic}, objective: modelsize, accuracy_criterion: {relative: 0.002}, exit_policy: {max_trials: 12}}';
const SLOTS = { Model: 'model.onnx', 'Calibration data': 'calib.npz', 'Evaluation data': 'eval.npz' };

async function configure(page: Page, yaml: string): Promise<void> {
  const file = { name: 'config.yaml', mimeType: '', buffer: Buffer.from(yaml) };
  await page.getByLabel('Configuration').setInputFiles(file);
}

test('drop, tune, kill, resume, share, rebuild', async ({ browser, baseURL }, testInfo) => {
  const origin = new URL(baseURL ?? '').origin;
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  const foreign = watchRequests(context, origin);

  const first = await context.newPage();
  await first.goto('/');
  await expect(first.getByRole('button', { name: 'Start tuning' })).toBeDisabled();
  await expectNoViolations(first);
  await dropFiles(first, LENET, FILES);
  await configure(first, TEN_TRIALS);
  for (const name of Object.values(SLOTS)) await expect(first.getByText(name, { exact: true })).toBeVisible();
  await first.getByRole('button', { name: 'Start tuning' }).click();
  await first.getByRole('table', { name: 'Trials' }).getByRole('row', { name: 'weight storage' }).waitFor();
  await first.close();

  const second = await context.newPage();
  await second.goto('/');
  await expect(second.getByText('Unfinished')).toBeVisible();
  await expect(announcement(second)).toBeVisible();
  const paused = await longestTask(browser, second, async () => {
    await second.getByRole('button', { name: 'Resume' }).click();
    await second.getByRole('button', { name: 'Pause' }).click();
    await expect(second.getByText('Paused model')).toBeVisible();
  });
  await expectNoViolations(second);
  const finished = await longestTask(browser, second, async () => {
    await second.getByRole('button', { name: 'Resume' }).click();
    await expect(second.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  });
  expect(Math.max(paused, finished)).toBeLessThan(50);
  testInfo.annotations.push({ type: 'longest task, ms', description: Math.max(paused, finished).toFixed(1) });
  expect(await second.title()).toContain('Done');
  await expectNoViolations(second);
  const resumed = await trialRows(second);
  await expect(second.getByRole('heading', { name: 'What changed against float' })).toBeVisible();
  const tuned = await downloadBy(second, 'Download int8 model');
  const report = (await downloadMore(second, 'Report')).bytes.toString();
  expect(report).toContain('Samples that changed');
  expect(tuned.download.suggestedFilename()).toBe('model.int8.onnx');
  await second.getByRole('button', { name: 'Copy share link' }).click();
  await expect(second.getByText('Copied to the clipboard')).toBeVisible();
  const link = await second.evaluate(() => navigator.clipboard.readText());
  expect(await second.getByLabel('Copied to the clipboard').inputValue()).toBe(link);

  // A session that nobody disturbed has the same trials.
  await second.getByRole('button', { name: 'New session' }).click();
  await expect(second.getByText('Finished', { exact: true })).toBeVisible();
  await dropFiles(second, LENET, FILES);
  await configure(second, TEN_TRIALS);
  await second.getByRole('button', { name: 'Start tuning' }).click();
  await expect(second.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  expect(await trialRows(second)).toEqual(resumed);
  expect(foreign).toEqual([]);
  await context.close();

  const elsewhere = await browser.newContext();
  const foreignElsewhere = watchRequests(elsewhere, origin);
  const shared = await elsewhere.newPage();
  await shared.goto(link);
  await expect(shared.getByRole('heading', { name: 'A shared result' })).toBeVisible();
  expect(await trialRows(shared)).toEqual(resumed);
  await expectNoViolations(shared);
  await shared.getByLabel('Model').setInputFiles({
    name: 'model.onnx',
    mimeType: '',
    buffer: Buffer.from('not the model'),
  });
  await expect(shared.getByRole('alert')).toContainText('model-not-onnx');
  await dropFiles(shared, DEMO, ['model.onnx']);
  await expect(shared.getByRole('alert')).toContainText('model-mismatch');
  await dropFiles(shared, LENET, ['model.onnx']);
  const rebuilt = await downloadBy(shared, 'Download int8 model');
  expect(sha256(rebuilt.bytes)).toBe(sha256(tuned.bytes));
  await expect(shared.getByRole('alert')).toHaveCount(0);
  const recipe = await downloadMore(shared, 'Recipe');
  await shared.getByRole('button', { name: 'New session' }).click();
  await dropFiles(
    shared,
    dirname(await recipe.download.path()) + '/',
    [basename(await recipe.download.path())],
    '.json',
  );
  await expect(shared.getByRole('heading', { name: 'A recipe' })).toBeVisible();
  await dropFiles(shared, LENET, ['model.onnx']);
  const replayed = await downloadBy(shared, 'Download int8 model');
  expect(sha256(replayed.bytes)).toBe(sha256(tuned.bytes));
  expect(foreignElsewhere).toEqual([]);
  await elsewhere.close();
});

test('a session runs in one tab; a stop ends it within a second, and it goes on later', async ({ page, context }) => {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await configure(page, ENDLESS);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(
    page.getByRole('table', { name: 'Trials' }).getByRole('row', { name: 'exhaustive' }).first(),
  ).toBeVisible({ timeout: 60_000 });
  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await otherTab.getByRole('button', { name: 'Resume' }).click();
  await expect(otherTab.getByRole('alert')).toContainText('runs in another tab');
  await otherTab.close();
  const stopped = Date.now();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  expect(Date.now() - stopped).toBeLessThan(2000);
  const before = await trialRows(page);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(async () => expect((await trialRows(page)).length).toBeGreaterThan(before.length)).toPass();
  expect((await trialRows(page)).slice(0, before.length)).toEqual(before);
});

test('a fault is shown in words and loses nothing', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, ['model.onnx', 'eval.npz']);
  await page.getByLabel('Configuration').setInputFiles({
    name: 'tune.yaml',
    mimeType: '',
    buffer: Buffer.from('tuning:\n  exit_policy:\n    max_trails: 3\n'),
  });
  await page.getByRole('button', { name: 'Start tuning' }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('config-unknown-key');
  await expect(alert).toContainText('tune.yaml');
  await expectNoViolations(page);
  await expect(page.getByText('eval.npz', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start tuning' })).toBeEnabled();
  await expect(page.getByText('Unfinished')).toHaveCount(0);
});

test('narrow, light and dark: no horizontal scroll, nothing unreadable', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const expectReadable = async (): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await expectNoViolations(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    }
  };
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await expectReadable();
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByText('Trials side by side').click();
  await expect(page.getByRole('table', { name: 'Trials side by side' })).toBeVisible();
  await expectReadable();
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
