import { expect, test, type Locator, type Page } from '@playwright/test';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDataset } from '../../src/data/open-dataset.ts';
import { pictureFolder } from '../../src/data/testing/picture-folder.ts';
import { externalModel } from '../fixtures/external-model.ts';
import { announcement, downloadBy, downloadMore, dragPaths, dropFiles, expectNoViolations, LENET } from './page.ts';

const DEMO = new URL('../../public/demo/', import.meta.url).pathname;
const PICTURES = 60;

/** The card of a slot, by the label of its file input. */
function slot(page: Page, label: string): Locator {
  return page.locator('.slot').filter({ has: page.getByLabel(label, { exact: true }) });
}

async function expectSlots(page: Page, files: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [label, names] of Object.entries(files))
    await expect(slot(page, label).locator('li .name')).toHaveText([...names]);
}

async function writeZip(path: string, entries: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 6 });
  for (const [name, bytes] of Object.entries(entries)) await writer.add(name, new Uint8ArrayReader(bytes));
  await writeFile(path, await writer.close());
}

async function lenet(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(LENET, name)));
}

/** The evaluation samples as PNG files, a folder for each class. */
async function writePictures(folder: string): Promise<void> {
  const dataset = await openDataset([{ path: 'eval.npz', blob: new Blob([await lenet('eval.npz')]) }], {
    inputs: [{ name: 'image', type: 'float32', dims: [null, 1, 28, 28] }],
  });
  for (const { path, blob } of await pictureFolder(dataset, 'image', PICTURES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), new Uint8Array(await blob.arrayBuffer()));
  }
}

test('a zip of model, data and YAML is taken apart, and what each file was taken for can be corrected', async ({
  page,
}, testInfo) => {
  const zip = testInfo.outputPath('handed-over.zip');
  const names = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml', 'README.md'];
  const entries = await Promise.all(names.map(async (name) => [`lenet/${name}`, await lenet(name)] as const));
  await writeZip(zip, Object.fromEntries(entries));
  await page.goto('/');
  await dragPaths(page, [zip]);
  await expectSlots(page, {
    Model: ['model.onnx'],
    'Calibration data': ['calib.npz'],
    'Evaluation data': ['eval.npz'],
    Configuration: ['config.yaml'],
  });
  await expect(announcement(page)).toContainText('model.onnx: Model; calib.npz: Calibration data');
  await expect(page.getByText('300 samples · with labels')).toBeVisible();
  await expect(page.getByText('Put aside, being neither model nor data: README.md.')).toBeVisible();
  await expectNoViolations(page);
  await page.screenshot({ path: testInfo.outputPath('taken-apart.png'), fullPage: true });

  await slot(page, 'Calibration data').getByLabel('Move to another slot').selectOption('Held-out data');
  await expectSlots(page, { 'Calibration data': [], 'Held-out data': ['calib.npz'] });
  await expect(page.getByRole('button', { name: 'Start tuning' })).toBeEnabled();

  // Chosen as the model, it is taken apart as well; data alone are what the user says they are.
  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByLabel('Model', { exact: true }).setInputFiles(zip);
  await expectSlots(page, { Model: ['model.onnx'], 'Evaluation data': ['eval.npz'], Configuration: ['config.yaml'] });
  await expect(announcement(page)).toContainText('model.onnx: Model');
  const data = testInfo.outputPath('data.zip');
  await writeZip(data, { 'eval.npz': await lenet('eval.npz') });
  await page.getByLabel('Model', { exact: true }).setInputFiles(data);
  await expectSlots(page, { Model: ['data.zip'], 'Evaluation data': ['eval.npz'] });
});

test('a zip of data alone stays one thing', async ({ page }, testInfo) => {
  const zip = testInfo.outputPath('eval.zip');
  await writeZip(zip, { 'eval.npz': await lenet('eval.npz') });
  await page.goto('/');
  await dragPaths(page, [zip, join(LENET, 'model.onnx')]);
  await expectSlots(page, { Model: ['model.onnx'], 'Evaluation data': ['eval.zip'] });
  await expect(page.getByText('300 samples · with labels')).toBeVisible();
});

test('a model with its weights beside it, a folder of pictures and a YAML come in one drag', async ({
  page,
}, testInfo) => {
  const folder = testInfo.outputPath('dropped');
  await mkdir(join(folder, 'net'), { recursive: true });
  const { model, weights } = externalModel(await lenet('model.onnx'), 'lenet_weights');
  await writeFile(join(folder, 'net/model.onnx'), model);
  await writeFile(join(folder, 'net/lenet_weights'), weights);
  await cp(join(LENET, 'config.yaml'), join(folder, 'config.yaml'));
  await writePictures(folder);
  await page.goto('/');
  await dragPaths(
    page,
    ['net', 'photos', 'config.yaml'].map((name) => join(folder, name)),
  );
  await expectSlots(page, {
    Model: ['net/'],
    'Calibration data': [],
    'Evaluation data': ['photos/'],
    Configuration: ['config.yaml'],
  });
  await expect(announcement(page)).toContainText('net/: Model; photos/: Evaluation data; config.yaml: Configuration');
  await expect(page.getByText(`${PICTURES} samples · 10 named classes`)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Start tuning' })).toBeEnabled();
});

test('a recipe comes with its model and data in one drop; with another model it says so, and loses nothing', async ({
  page,
}, testInfo) => {
  const names = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];
  await page.goto('/');
  await dropFiles(page, LENET, names);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  const tuned = await downloadBy(page, 'Download int8 model');
  const recipe = testInfo.outputPath('model.octet-recipe.json');
  await writeFile(recipe, (await downloadMore(page, 'Recipe')).bytes);

  await page.getByRole('button', { name: 'New session' }).click();
  await dragPaths(page, [recipe, ...names.slice(0, 3).map((name) => join(LENET, name))]);
  await expect(page.getByRole('heading', { name: 'A recipe' })).toBeVisible();
  const rebuilt = await downloadBy(page, 'Download int8 model');
  expect(rebuilt.bytes.equals(tuned.bytes)).toBe(true);
  await expect(page.locator('p', { hasText: 'waits for a session of your own' })).toContainText(
    'eval.npz: Evaluation data',
  );
  await expectNoViolations(page);
  await page.screenshot({ path: testInfo.outputPath('recipe-and-data.png'), fullPage: true });
  await page.getByRole('button', { name: 'Tune with these files' }).click();
  await expectSlots(page, {
    Model: ['model.onnx'],
    'Calibration data': ['calib.npz'],
    'Evaluation data': ['eval.npz'],
  });

  await page.getByRole('button', { name: 'New session' }).click();
  await dragPaths(page, [recipe, join(DEMO, 'model.onnx')]);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('This is not the model that the recipe was made from');
  await expect(alert).toContainText('model-mismatch');
  await expectNoViolations(page);
  await page.screenshot({ path: testInfo.outputPath('other-model.png'), fullPage: true });
  // The model that came waits as well, and the recipe still takes the right one.
  await expect(page.locator('p', { hasText: 'waits for a session of your own' })).toContainText('model.onnx: Model');
  await dragPaths(page, [join(LENET, 'model.onnx')]);
  expect((await downloadBy(page, 'Download int8 model')).bytes.equals(tuned.bytes)).toBe(true);
  await expect(alert).toHaveCount(0);
});
