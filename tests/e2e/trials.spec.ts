import { expect, test } from '@playwright/test';
import { dropFiles, expectNoViolations, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];

test('a point of the Pareto chart picks its row', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  const table = page.getByRole('table', { name: 'Trials' });

  await page.getByRole('group', { name: 'Cost axis' }).getByRole('button', { name: 'Size' }).click();
  const points = page.getByRole('group', { name: /^Score against size/ }).getByRole('button');
  await expect(points).toHaveCount(await table.locator('tbody tr').count());
  await points.first().focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const picked = table.locator('tr[aria-current="true"]');
  await expect(picked).toBeInViewport();
  await expect(points.last()).toHaveAttribute('aria-pressed', 'true');
  await expect(points.last()).toHaveAccessibleName(
    new RegExp(`^Trial ${await picked.getByRole('rowheader').textContent()},`),
  );
  await expectNoViolations(page);
});
