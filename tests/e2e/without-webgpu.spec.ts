import { expect, test } from '@playwright/test';

test('says why WebGPU cannot be chosen, where it cannot', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByText('WebGPU finds no graphics processor here')).toBeVisible();
  const options = page.getByRole('option', { name: 'WebGPU' });
  await expect(options).toHaveCount(2);
  for (const option of await options.all()) await expect(option).toBeDisabled();
});
