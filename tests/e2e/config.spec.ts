import { expect, test } from '@playwright/test';
import { dropFiles, expectNoViolations, LENET } from './page.ts';

const YAML = `# from a colleague
model: {framework: onnxrt_qdq}
evaluation:
  performance:
    warmup: 3
tuning:
  strategy:
    name: basic
  objective: modelsize
  accuracy_criterion:
    relative: 0.01 # one per cent
  exit_policy:
    max_trails: 2
`;

test('the form and the YAML are two views of one configuration', async ({ page }, testInfo) => {
  await page.goto('/');
  await dropFiles(page, LENET, ['model.onnx', 'calib.npz', 'eval.npz']);
  await page
    .getByLabel('Configuration', { exact: true })
    .setInputFiles({ name: 'inc.yaml', mimeType: '', buffer: Buffer.from(YAML) });
  await expect(page.getByText('a line that is not understood')).toBeVisible();
  await page.getByRole('button', { name: 'All settings as YAML' }).click();
  const card = page.getByRole('region', { name: 'Configuration' });
  const editor = page.getByRole('textbox', { name: 'Configuration as YAML' });
  await expect(card.getByText('Did you mean max_trials?')).toBeVisible();
  await expect(card.getByText('line 13')).toBeVisible();
  await expectNoViolations(page);

  // Completion mends the key; the form follows.
  await editor.getByText('max_trails').click();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+End');
  await page.keyboard.type('max_t');
  await expect(page.getByRole('option', { name: /max_trials/ })).toBeVisible();
  await page.screenshot({ path: testInfo.outputPath('completion.png') });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+End');
  await page.keyboard.type('max_trials: 2');
  await expect(page.getByLabel('Trials at most')).toHaveValue('2');
  await expect(card.getByText('evaluation.performance has no effect in Octet')).toBeVisible();
  await expect(page.getByLabel('Search strategy')).toHaveValue('basic');

  // The form changes one value of the text, and nothing else.
  await page.getByLabel('Accuracy that may be lost').fill('3');
  await page.getByLabel('Accuracy that may be lost').press('Tab');
  await expect(editor).toContainText('relative: 0.03 # one per cent');
  await page.getByLabel('Search strategy').selectOption('conservative');
  await expect(editor).toContainText('name: conservative');
  await expect(editor).toContainText('# from a colleague');
  await card.getByText('As understood').click();
  await expect(card.getByText('early_stopping: racing')).toBeVisible();
  await expectNoViolations(page);

  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('heading', { name: 'Winning config' }).click();
  await expect(page.locator('pre', { hasText: 'relative: 0.03' })).toBeVisible();
});

test('an editor opened without a file starts from the form', async ({ page }) => {
  await page.goto('/');
  await page.getByLabel('Trials at most').fill('7');
  await page.getByLabel('Trials at most').press('Tab');
  await page.getByRole('button', { name: 'All settings as YAML' }).click();
  const editor = page.getByRole('textbox', { name: 'Configuration as YAML' });
  await expect(editor).toContainText('max_trials: 7');
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('  random_seed: 5');
  await expect(page.getByText('Configuration: tune-config.yaml')).toBeVisible();
  const card = page.getByRole('region', { name: 'Configuration' });
  await card.getByText('As understood').click();
  await expect(card.getByText('random_seed: 5').last()).toBeVisible();
});
