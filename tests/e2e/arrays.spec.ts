import { expect, test } from '@playwright/test';
import { renamedArrays } from '../fixtures/renamed-arrays.ts';
import { npy, npz } from '../cli/npz.ts';
import { stereoModel } from '../fixtures/two-inputs.ts';
import { announcement, downloadMore, dropFiles, expectNoViolations, LENET } from './page.ts';

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

  await page.getByLabel('Trials at most').fill('2');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('More downloads')).toBeVisible({ timeout: 60_000 });
  const { bytes } = await downloadMore(page, 'YAML');
  expect(bytes.toString()).toMatch(/inputs:\s+image: pixels\s+labels: truth/);
  const script = await downloadMore(page, 'Python script');
  expect(script.download.suggestedFilename()).toMatch(/\.replay\.py$/);
  expect(script.bytes.toString()).toContain('from onnxruntime.quantization import');
});

test('two inputs of one shape: swapped by one choice, kept over a reload, in YAML and duplicate', async ({ page }) => {
  const { model, feeds, labels } = await stereoModel(100);
  const { left, right } = feeds;
  if (!left || !right) throw new Error('The model has two inputs');
  // Crosswise: the labels are right only for swapped arrays.
  const arrays = { left: npy(right.dims, right.data), right: npy(left.dims, left.data), labels: npy([100], labels) };
  await page.goto('/');
  const give = (slot: string, name: string, bytes: Uint8Array) =>
    page.getByLabel(slot, { exact: true }).setInputFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
  await give('Model', 'stereo.onnx', model);
  await give('Evaluation data', 'eval.npz', await npz(arrays));
  const preview = page.getByRole('region', { name: 'What the model will see' });
  const [first, second] = [preview.getByLabel('Input left'), preview.getByLabel('Input right')];
  await expect(first).toHaveValue('left');
  await first.focus();
  await first.selectOption('right');
  await expect(second).toHaveValue('left');
  await expect(first).toHaveValue('right');
  await expect(announcement(page)).toContainText('right feeds left, and left feeds right in its place');
  await expect(first).toBeFocused();
  await expect(preview.getByText('✓ model agrees')).toHaveCount(8);
  await expectNoViolations(page);
  // More data, of whatever kind, take nothing back.
  await give('Calibration data', 'calib.npz', await npz(arrays));
  await expect(preview.getByText('✓ model agrees')).toHaveCount(8);
  await expect(first).toHaveValue('right');

  await page.getByLabel('Trials at most').fill('2');
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('More downloads')).toBeVisible({ timeout: 60_000 });
  expect((await downloadMore(page, 'YAML')).bytes.toString()).toMatch(/inputs:\s+left: right\s+right: left/);
  const history = JSON.parse((await downloadMore(page, 'History')).bytes.toString()) as {
    baseline: { score: number };
  };
  expect(history.baseline.score).toBe(1);

  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(first).toHaveValue('right');
  await expect(second).toHaveValue('left');
});
