import { expect, test } from '@playwright/test';
import { renamedArrays } from '../fixtures/renamed-arrays.ts';
import { downloadMore, dropFiles, expectNoViolations, LENET } from './page.ts';

test('arrays whose names say nothing: chosen by hand, kept in the session and its YAML', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, ['model.onnx']);
  const buffer = Buffer.from(await renamedArrays(`${LENET}eval.npz`));
  await page.getByLabel('Evaluation data').setInputFiles({ name: 'eval.npz', mimeType: '', buffer });
  const preview = page.getByRole('region', { name: 'What the model will see' });
  await expect(preview.getByText('data-input-mismatch')).toBeVisible();
  const pixels = preview.getByLabel('Input image');
  await expect(pixels).toHaveValue('');
  await expect(pixels.getByRole('option', { name: /^truth/ })).toBeDisabled();
  await expectNoViolations(page);

  await pixels.selectOption('pixels');
  await expect(preview.getByText('300 samples · no labels')).toBeVisible();
  const truth = preview.getByLabel('Labels');
  await expect(truth.getByRole('option', { name: /^pixels/ })).toBeDisabled();
  await truth.selectOption('truth');
  await expect(preview.getByText('300 samples · with labels')).toBeVisible();
  await expect(preview.getByText('✓ model agrees').first()).toBeVisible();
  await expect(pixels).toHaveValue('pixels');
  await expectNoViolations(page);

  await page.getByLabel('Most trials').fill('2');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('More downloads')).toBeVisible({ timeout: 60_000 });
  const { bytes } = await downloadMore(page, 'YAML');
  expect(bytes.toString()).toMatch(/inputs:\s+image: pixels\s+labels: truth/);
  const script = await downloadMore(page, 'Python script');
  expect(script.download.suggestedFilename()).toMatch(/\.replay\.py$/);
  expect(script.bytes.toString()).toContain('from onnxruntime.quantization import');
});
