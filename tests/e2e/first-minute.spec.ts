import { expect, test } from '@playwright/test';
import { dropFiles, LENET } from './page.ts';

test('model, data, Start: three actions, and no question on the way', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, ['model.onnx']);
  await dropFiles(page, LENET, ['eval.npz']);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  const rows = page.getByRole('table', { name: 'Trials' }).locator('tbody tr');
  await expect(rows.first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the demo: one action', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
});
