import { expect, test } from '@playwright/test';
import { downloadMore, dropFiles, expectNoViolations, goTo, LENET, trialRows } from './page.ts';

/** Every op in int8 whether it pays or not, so that there is something to rank. */
const YAML = `
model: {framework: onnxrt_qdq}
quantization:
  model_wise: {weight: {dtype: int8}, activation: {dtype: uint8, algorithm: minmax}}
  recipes: {smooth_quant: false, equalization: false, fast_bias_correction: false, weight_clip: false}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning: {strategy: {name: basic}, objective: modelsize, exit_policy: {max_trials: 1}}
`;

test('measure sensitivity, keep an op float, open the session again', async ({ page }, testInfo) => {
  await page.setViewportSize({ width: 1200, height: 800 });
  /** On a desktop in light, then on a phone in dark. */
  const expectReadable = async (): Promise<void> => {
    for (const [width, colorScheme] of [
      [360, 'dark'],
      [1200, 'light'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await expectNoViolations(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  };
  await page.goto('/');
  await dropFiles(page, LENET, ['model.onnx', 'calib.npz', 'eval.npz']);
  await page.getByLabel('Configuration').setInputFiles({ name: 'tune.yaml', mimeType: '', buffer: Buffer.from(YAML) });
  await page.getByRole('button', { name: 'Start tuning' }).click();
  const measure = page.getByRole('button', { name: 'Measure sensitivity' });
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await goTo(page, 'Sensitivity');
  await measure.click();
  const list = page.getByRole('table', { name: 'Sensitivity' });
  await expect(list.getByRole('row')).toHaveCount(4, { timeout: 120_000 });
  const effects = await list.locator('tbody td:nth-child(2)').allInnerTexts();
  expect(effects.map(Number)).toEqual(effects.map(Number).toSorted((a, b) => b - a));
  await expect(measure).toHaveCount(0);
  await expectReadable();

  await goTo(page, 'Graph');
  const graph = page.getByRole('region', { name: 'Graph', exact: true });
  await graph.getByPlaceholder('Find an op').fill('Conv');
  await graph.getByPlaceholder('Find an op').press('Enter');
  await graph.getByRole('button', { name: 'What if float?' }).click();
  await expect(graph.getByText('From 128 samples')).toBeVisible({ timeout: 60_000 });
  const values = graph.getByRole('region', { name: 'Values' });
  await expect(values.getByText(/From \d+ calibration samples, in float/)).toBeVisible();
  await expect(values.getByRole('img', { name: /^Reads .+: histogram of [\d,]+ values from/ })).toBeVisible();
  await expect(values.getByRole('img', { name: /^Weight / })).toBeVisible();
  await values.getByText('Ranges by method').first().click();
  await expect(values.getByRole('row', { name: /^min–max.*in use/ }).first()).toBeVisible();
  const show = page.getByRole('button', { name: /^Show values of / }).first();
  const harmful = ((await show.getAttribute('aria-label')) ?? '').replace('Show values of ', '');
  await show.click();
  await expect(values.getByRole('heading', { name: `Values of ${harmful}` })).toBeInViewport();
  await expect(values).toHaveAttribute('aria-busy', 'false');
  await graph.getByLabel('Colour').selectOption('Effect in int8');
  await expectReadable();

  const before = await trialRows(page);
  const keep = list.getByRole('button', { name: /^Keep .+ float$/ }).first();
  const op = ((await keep.getAttribute('aria-label')) ?? '').replace(/^Keep (.+) float$/, '$1');
  await keep.click();
  const trials = page.getByRole('table', { name: 'Trials' });
  await expect(trials.getByRole('row', { name: `kept float by you: ${op}` })).toHaveCount(1, { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 60_000 });
  const after = await trialRows(page);
  expect(after).toHaveLength(before.length + 1);
  expect(after.slice(0, before.length)).toEqual(before);
  await expect(list).toBeVisible();
  await expectReadable();
  await list.evaluate((table) => table.scrollIntoView({ block: 'center' }));
  await page.screenshot({ path: testInfo.outputPath('moved.png') });

  const { bytes } = await downloadMore(page, 'History');
  const history = JSON.parse(bytes.toString()) as {
    sensitivity: { ops: { op: string }[] };
    trials: { config: { ops: Record<string, unknown> }; byHand?: boolean }[];
  };
  expect(history.sensitivity.ops.map((row) => row.op)).toContain(op);
  expect(history.trials.at(-1)).toMatchObject({ byHand: true, config: { ops: { [op]: 'fp32' } } });

  await page.reload();
  await page.getByText('Finished', { exact: true }).waitFor();
  await page
    .getByRole('button', { name: /^(Open|Show|View)/ })
    .first()
    .click();
  await goTo(page, 'Sensitivity');
  await expect(list).toBeVisible();
  expect(await trialRows(page)).toEqual(after);
});
