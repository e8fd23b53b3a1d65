import { expect, test, type Locator, type Page } from '@playwright/test';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadMore, dropFiles, expectNoViolations, goTo, LENET, trialRows } from './page.ts';

/** Nothing meets it, so that every trial is run, and in full; the best int8 trial keeps the last op float. */
const YAML = `
model: {framework: onnxrt_qdq}
quantization:
  model_wise: {weight: {dtype: [int8, fp32]}, activation: {dtype: [uint8, fp32]}}
  recipes: {equalization: false, fast_bias_correction: false, weight_clip: false, outlier_channels: false}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning:
  strategy: {name: random}
  accuracy_criterion: {absolute: -0.1}
  exit_policy: {max_trials: 12, early_stopping: off}
  random_seed: 7
`;
const DATA = ['model.onnx', 'calib.npz', 'eval.npz'];
const DEMO = new URL('../../public/demo/', import.meta.url).pathname;
const SAMPLES = 300;
/** The float model with stored weights in two forms comes first. */
const TRIALS = 14;
const EXPORTED = 'model.octet-session.json';
let folder = '';

/** One session for all tests of this file: they import it. */
test.beforeAll(async ({ browser }) => {
  const page = await browser.newPage();
  await page.goto('/');
  await dropFiles(page, LENET, DATA);
  await page.getByLabel('Configuration').setInputFiles({ name: 'tune.yaml', mimeType: '', buffer: Buffer.from(YAML) });
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'New session' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export', exact: true }).click(),
  ]);
  folder = (await mkdtemp(join(tmpdir(), 'octet-'))) + '/';
  await download.saveAs(folder + EXPORTED);
  await page.close();
});

/** `from`: where the model and data come from that the export is without. */
async function openSession(page: Page, from = LENET): Promise<void> {
  await page.goto('/');
  await dropFiles(page, from, DATA);
  await expect(page.getByText('eval.npz', { exact: true })).toBeVisible();
  await dropFiles(page, folder, [EXPORTED]);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible();
}

async function expectFits(page: Page): Promise<void> {
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(client);
}

function numbersOf(texts: readonly string[]): number[] {
  return texts.map((text) => Number(text.replace('−', '-').replace(/ .*/s, '')));
}

test('what mattered: a ranking for each outcome, trials by key, a filter that the table follows', async ({ page }) => {
  await openSession(page);
  await goTo(page, 'Decisions');
  const card = page.locator('details[data-section="Decisions"]');
  const ranking = card.getByRole('list', { name: 'Importance for the score' });
  await expect(ranking.getByRole('listitem').first()).toContainText('/fc/Gemm');
  const [most = 0, ...shares] = numbersOf(await ranking.locator('.share').allInnerTexts());
  expect(most).toBeGreaterThan(50);
  const rest = shares.at(-1) ?? 0;
  expect(shares.slice(0, -1)).toEqual(shares.slice(0, -1).toSorted((a, b) => b - a));
  expect(most + shares.slice(0, -1).reduce((sum, share) => sum + share, rest)).toBeGreaterThan(95);
  await expect(ranking.getByRole('listitem').first()).toContainText(/float \d\d\.\d\d % · int8 \d\d\.\d\d %/);
  // Shares of the score are never shown as those of the size.
  await card.getByRole('button', { name: 'Size' }).click();
  await expect(card.getByRole('list', { name: /^Importance for the size/ })).toHaveCount(0, { timeout: 1 });
  await expect(card.getByText('does not foretell the size of a trial left out')).toBeVisible();
  await card.getByRole('button', { name: 'Latency' }).click();
  await expect(card.getByText('Too few timed trials to tell')).toBeVisible();
  await card.getByRole('button', { name: 'Score' }).click();
  await expect(ranking).toBeVisible();

  const slider = card.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('End');
  await expect(slider).toHaveAttribute('aria-valuetext', /^Trial 1, .*86\.00 %/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const picked = page.getByRole('table', { name: 'Trials', exact: true }).locator('tr[aria-current="true"]');
  await expect(picked.getByRole('rowheader')).toHaveText('0');

  await card.getByText('As a table, the best score first').click();
  const rows = card.getByRole('table', { name: 'What trials decided' }).locator('tbody tr');
  await expect(rows).toHaveCount(TRIALS);
  const filters = card.getByRole('group', { name: 'Show only trials with' });
  await filters.getByRole('combobox', { name: /^\/fc\/Gemm/ }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows.locator('td:nth-child(2)')).toHaveText(['float', 'float', 'float', 'float']);
  await expect(slider).toHaveAttribute('aria-valuemax', '4');
  await filters.getByRole('combobox', { name: /^Score/ }).selectOption('highest quarter');
  const scores = numbersOf(await rows.locator('td:last-child').allInnerTexts());
  expect(scores).toEqual([86, 85.67, 79, 79].slice(0, scores.length));
  await expect(slider).toHaveAttribute('aria-valuemax', String(scores.length));
  await expectNoViolations(page);
  await filters.getByRole('button', { name: 'Show all' }).click();
  await expect(rows).toHaveCount(TRIALS);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFits(page);
});

test('two to four trials side by side: scores, what differs op by op, the samples that each changed', async ({
  page,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openSession(page);
  await goTo(page, 'Compare');
  const card = page.locator('details[data-section="Compare"]');
  const row = (name: string): Locator =>
    card
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
      .locator('td');
  const add = card.getByLabel('Add a trial');
  await expect(card.getByRole('button', { name: 'Leave trial 0 out' })).toBeDisabled();
  await add.selectOption('2');
  await add.selectOption('7');
  await expect(add).toHaveCount(0);
  await expect(card.getByRole('columnheader')).toHaveText(['Trial 0', 'Trial 1', 'Trial 2', 'Trial 7']);
  await card.getByRole('button', { name: 'Leave trial 0 out' }).click();
  await card.getByRole('button', { name: 'Leave trial 1 out' }).click();
  await expect(card.getByRole('columnheader')).toHaveText(['Trial 2', 'Trial 7']);
  await expect(card.getByRole('button', { name: 'Leave trial 2 out' })).toBeDisabled();

  // The same as in the table of trials.
  const rows = await trialRows(page);
  const scores = [2, 7].map((number) => rows[number]?.split(' | ')[1]);
  await expect(row('Score')).toHaveText(scores.map((score) => score ?? ''));
  await expect(row('/fc/Gemm')).toHaveText(['float', /^int8, static, per channel/]);
  await expect(row('/c2/Conv')).toHaveText([/^int8, static/, 'float']);
  // What is alike is left out.
  await expect(row('/Flatten')).toHaveCount(0);

  const worse = numbersOf(await row('Samples worse than float').allInnerTexts());
  const better = numbersOf(await row('Samples better than float').allInnerTexts());
  const otherwise = numbersOf(await row('Decided otherwise, no better or worse').allInnerTexts());
  const differences = numbersOf(await row('Difference to float').allInnerTexts());
  const changed = worse.map((count, i) => count + (better[i] ?? 0) + (otherwise[i] ?? 0));
  worse.forEach((count, i) => expect((100 * ((better[i] ?? 0) - count)) / SAMPLES).toBeCloseTo(differences[i] ?? 0, 1));
  const counts = await card.getByText(/^(Both|Trial \d+ alone): \d+$/).allInnerTexts();
  const [both = 0, ...alone] = counts.map((text) => Number(text.split(': ')[1]));
  expect(counts.map((text) => text.split(':')[0])).toEqual(['Both', 'Trial 2 alone', 'Trial 7 alone']);
  expect(alone.map((count) => count + both)).toEqual(changed);
  await expectNoViolations(page);
  await expectFits(page);
});

test('what if a float op were int8, and an int8 op float: foretold at once, and tried by one click', async ({
  page,
}, testInfo) => {
  await openSession(page);
  await goTo(page, 'Graph');
  const graph = page.getByRole('region', { name: 'Graph', exact: true });
  const whatIf = graph.getByRole('region', { name: 'What if' });
  const forecast = async (op: string, button: string): Promise<number> => {
    await graph.getByPlaceholder('Find an op').fill(op);
    await graph.getByPlaceholder('Find an op').press('Enter');
    const asked = Date.now();
    await graph.getByRole('button', { name: button }).click();
    await expect(whatIf).toHaveAttribute('aria-busy', 'false');
    await expect(whatIf.getByText(/^From 128 samples; misses the criterion/)).toBeVisible();
    testInfo.annotations.push({ type: `${op}: ${button}, s`, description: String((Date.now() - asked) / 1000) });
    return numbersOf([await whatIf.getByRole('definition').first().innerText()])[0] ?? 0;
  };
  const down = await forecast('/c1/Conv', 'What if float?');
  await expect(whatIf.getByRole('term')).toHaveText(['Score', 'Size', 'Speed']);
  await expect(whatIf.getByText('in some runs')).toBeVisible();
  const both = await forecast('/fc/Gemm', 'What if int8?');
  await expect(whatIf.getByRole('heading')).toHaveText('What if 1 op were float, and 1 op were int8');
  expect(both).toBeLessThan(down);
  const up = await forecast('/c1/Conv', 'Back to int8');
  await expect(whatIf.getByRole('heading')).toHaveText('What if this op were int8');
  await expectNoViolations(page);
  const size = await whatIf.getByRole('definition').nth(1).innerText();

  const before = await trialRows(page);
  await whatIf.getByRole('button', { name: 'Run as a trial' }).click();
  const trials = page.getByRole('table', { name: 'Trials', exact: true });
  const row = trials.getByRole('row', { name: 'in int8 by you: /fc/Gemm' });
  await expect(row).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible();
  const after = await trialRows(page);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toHaveLength(before.length + 1);
  await expect(row).toContainText(size);
  // A part of the samples, drawn by chance.
  const [score = 0] = numbersOf([await row.locator('td').nth(1).innerText()]);
  expect(Math.abs(score - up)).toBeLessThan(12);
  const { bytes } = await downloadMore(page, 'History');
  const history = JSON.parse(bytes.toString()) as { trials: { config: { ops: Record<string, unknown> } }[] };
  expect(history.trials.at(-1)).toMatchObject({ byHand: true, config: { ops: { '/fc/Gemm': { mode: 'static' } } } });
});

test('an imported session refuses another model by name, and takes the right one after that', async ({ page }) => {
  await openSession(page, DEMO);
  await goTo(page, 'Graph');
  const graph = page.getByRole('region', { name: 'Graph', exact: true });
  const ask = async (): Promise<void> => {
    await graph.getByPlaceholder('Find an op').fill('/c1/Conv');
    await graph.getByPlaceholder('Find an op').press('Enter');
    await graph.getByRole('button', { name: 'What if float?' }).click();
  };
  await ask();
  await expect(page.getByRole('alert')).toContainText('journal-mismatch');
  await expect(page.getByRole('alert')).toContainText('the model, the calibration data, the evaluation data differ');
  await dropFiles(page, LENET, DATA);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await goTo(page, 'Graph');
  await ask();
  await expect(graph.getByText(/^From 128 samples/)).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});
