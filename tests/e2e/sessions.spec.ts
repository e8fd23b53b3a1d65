import { expect, test, type Page } from '@playwright/test';
import { dropFiles, expectNoViolations, LENET } from './page.ts';

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
  await page.getByRole('button', { name: 'Delete', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Deleted model. It can be brought back until')).toBeVisible();
  await expect(page.getByRole('status')).toContainText('Deleted model. Undo is possible until');
  await expect(page.getByRole('button', { name: 'Open', exact: true })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await expectNoViolations(page);
  await page.reload();
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Open', exact: true })).toBeFocused();
  await expect(page.getByRole('status')).toHaveText('model is back');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible();
  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByText('Sessions are kept in this browser')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Sessions are kept in this browser')).toBeVisible();
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
