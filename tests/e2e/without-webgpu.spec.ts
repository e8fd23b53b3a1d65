import { expect, test } from '@playwright/test';

test('says why WebGPU cannot be chosen, where it cannot', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByText('WebGPU finds no graphics processor here')).toBeVisible();
  await expect(page.getByRole('option', { name: 'WebGPU' })).toBeDisabled();
});
