import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { expect, test } from '@playwright/test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '../../src/data/open-dataset.ts';
import { pictureFolder } from '../../src/data/testing/picture-folder.ts';
import { dropFiles, expectNoViolations, LENET } from './page.ts';

/** The fixture's evaluation samples as people keep pictures: PNG files in class folders, zipped. */
async function writePictures(path: string): Promise<void> {
  const blob = new Blob([new Uint8Array(await readFile(`${LENET}eval.npz`))]);
  const inputs = [{ name: 'image', type: 'float32', dims: [null, 1, 28, 28] }] as const;
  const dataset = await openDataset([{ path: 'eval.npz', blob }], { inputs });
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 0 });
  for (const { path: name, blob: png } of await pictureFolder(dataset, 'image', dataset.count))
    await writer.add(name, new Uint8ArrayReader(new Uint8Array(await png.arrayBuffer())));
  await writeFile(path, await writer.close());
}

test('data that do not fit, then pictures without YAML: preprocessing found, shown, changed, used', async ({
  page,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'octet-e2e-'));
  await writePictures(join(folder, 'photos.zip'));
  await page.goto('/');
  await dropFiles(page, LENET, ['model.onnx']);
  const preview = page.getByRole('region', { name: 'What the model will see' });
  const evaluation = page.getByLabel('Evaluation data');
  await evaluation.setInputFiles({ name: 'rows.csv', mimeType: '', buffer: Buffer.from('a,label\n1,0\n') });
  await expect(preview.getByText('data-input-mismatch')).toBeVisible();
  await evaluation.setInputFiles(join(folder, 'photos.zip'));
  const found = preview.getByRole('radio', { name: /^values from 0 to 1 found/ });
  await expect(found).toBeChecked();
  await expect(preview.getByText('300 samples · 10 named classes · numbers from 0 to 1')).toBeVisible();
  await expect(preview.locator('canvas')).toHaveCount(8);
  await expectNoViolations(page);

  const picture = preview.locator('canvas').first();
  const pixels = (): Promise<string> => picture.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const before = await pixels();
  await preview.getByRole('radio', { name: /^values from −1 to 1/ }).click();
  await expect(preview.getByText('numbers from −1 to 1')).toBeVisible();
  await expect(preview.getByRole('radio', { name: /^values from −1 to 1 chosen/ })).toBeChecked();
  expect(await pixels()).toBe(before);

  await preview.getByText('Edit', { exact: true }).click();
  const transforms = preview.getByLabel('Transforms, in this order');
  await transforms.fill('Rescale: {}\nTranspoze: {perm: [2, 0, 1]}');
  await preview.getByRole('button', { name: 'Apply' }).click();
  await expect(preview.getByText('Did you mean Transpose?')).toBeVisible();
  await transforms.fill('Rescale: {}\nTranspose: {perm: [2, 0, 1]}');
  await preview.getByRole('button', { name: 'Apply' }).click();
  await expect(preview.getByRole('radio', { name: /^Rescale, Transpose chosen/ })).toBeChecked();
  await expectNoViolations(page);
  await found
    .or(preview.getByRole('radio', { name: /^values from 0 to 1/ }))
    .first()
    .click();
  await expect(preview.getByRole('radio', { name: /^values from 0 to 1 chosen/ })).toBeChecked();

  await page.getByLabel('Trials at most').fill('3');
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByText('Preprocessing chosen').click();
  await expect(page.getByRole('table', { name: 'Preprocessing' })).toBeVisible();
  await expectNoViolations(page);
  await page.getByRole('heading', { name: 'Winning config' }).click();
  await expect(page.locator('pre')).toContainText('Rescale: {}');

  // A duplicate of the session goes on with what was chosen in it.
  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(preview.getByRole('radio', { name: /^values from 0 to 1 chosen/ })).toBeChecked();
  await rm(folder, { recursive: true });
});
