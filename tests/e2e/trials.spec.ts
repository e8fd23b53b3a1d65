import { expect, test, type Page } from '@playwright/test';
import { dropFiles, expectNoViolations, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];

test('a point of the Pareto chart picks its row', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  const table = page.getByRole('table', { name: 'Trials' });

  // Few trials: their charts are folded away, and there all the same.
  await expect(page.getByRole('group', { name: /^Score against/ })).toHaveCount(0);
  await page.getByRole('heading', { name: 'Charts' }).click();
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

/** Trials enough for the charts, one after the other: none is good enough. */
const RANDOM = `
model: {framework: onnxrt_qdq}
evaluation: {accuracy: {metric: {topk: 1}}}
tuning:
  strategy: {name: random}
  accuracy_criterion: {absolute: -0.2}
  exit_policy: {max_trials: 8}
  random_seed: 7
`;

for (const width of [1440, 360]) {
  test(`trials arrive without moving anything, charts with them: ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto('/');
    await dropFiles(page, LENET, ['model.onnx', 'calib.npz', 'eval.npz']);
    await page
      .getByLabel('Configuration')
      .setInputFiles({ name: 'tune.yaml', mimeType: '', buffer: Buffer.from(RANDOM) });
    await page.getByRole('button', { name: 'Start tuning' }).click();
    const rows = page.getByRole('table', { name: 'Trials' }).locator('tbody tr[data-trial]');
    await rows.first().waitFor({ timeout: 60_000 });
    await page.evaluate(() => {
      const moved: { rows: number; value: number; what: string[] }[] = [];
      Object.assign(window, { moved });
      new PerformanceObserver((list) => {
        // The end of the run shows another page.
        if (!document.querySelector('progress')) return;
        for (const entry of list.getEntries() as (PerformanceEntry & {
          value: number;
          sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
        })[]) {
          moved.push({
            rows: document.querySelectorAll('tr[data-trial]').length,
            value: entry.value,
            what: entry.sources.map(({ node, previousRect, currentRect }) =>
              `${previousRect.y}+${previousRect.height} → ${currentRect.y}+${currentRect.height} ${(node as Element).outerHTML ?? node?.textContent}`.slice(
                0,
                160,
              ),
            ),
          });
        }
      }).observe({ type: 'layout-shift', buffered: false });
    });
    await expect(page.getByRole('heading', { name: 'Score by trial' })).toBeVisible({ timeout: 60_000 });
    expect(await page.locator('progress').count()).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
    const moved = await page.evaluate(() => (window as unknown as { moved: { value: number }[] }).moved);
    expect(moved.filter(({ value }) => value > 0.001)).toEqual([]);
    await expect(page.getByRole('group', { name: /^Score against latency/ })).toBeVisible();
    await expectNoViolations(page);
  });
}

test('trials that are ticked are compared; the browser finds what is folded away', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  const boxes = page.getByRole('checkbox', { name: /^Compare trial/ });
  const number = async (at: number): Promise<string> =>
    ((await boxes.nth(at).getAttribute('aria-label')) ?? '').replace('Compare trial ', '');
  const [first, second] = [await number(0), await number(1)];
  await boxes.nth(0).focus();
  await page.keyboard.press('Space');
  await boxes.nth(1).focus();
  await page.keyboard.press('Space');
  await expectNoViolations(page);
  await page.getByRole('button', { name: 'Compare 2 trials' }).click();
  const comparison = page.getByRole('table', { name: 'Trials side by side' });
  await expect(comparison).toBeInViewport();
  await expect(comparison.getByRole('columnheader', { name: `Trial ${first}`, exact: true })).toBeVisible();
  await expect(comparison.getByRole('columnheader', { name: `Trial ${second}`, exact: true })).toBeVisible();
  // Chosen in either place, shown in both.
  if ((await boxes.count()) > 2) {
    await page.getByLabel('Add a trial').selectOption(await number(2));
    await expect(boxes.nth(2)).toBeChecked();
    await expect(page.getByRole('button', { name: 'Compare 3 trials' })).toBeVisible();
  }
  const config = page.locator('details[data-section="Configuration"]');
  await expect(config).not.toHaveAttribute('open');
  await expect(config.locator('pre')).toHaveText(/quantization:/);
  await expect(page.locator('details[data-section="Graph"]')).toHaveText(/\((Conv|Gemm|MatMul)\)/);
  await expect(page.locator('details[data-section="Graph"] svg')).toHaveCount(0);
  // What the browser's own search does with a match.
  await config.locator('pre').evaluate((pre) => {
    pre.id = 'match';
    location.hash = 'match';
  });
  await expect(config).toHaveAttribute('open');
});

test.describe.serial('the result of the demo', () => {
  let page: Page;

  test.beforeAll(async ({ browser }) => {
    const context = await browser.newContext();
    page = await context.newPage();
    await page.goto('/');
    await page.getByRole('button', { name: 'Try the demo' }).click();
    await expect(page.getByText('top-1 accuracy')).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('button', { name: 'Download int8 model' })).toBeVisible({ timeout: 120_000 });
  });
  test.afterAll(() => page.context().close());

  const openAgain = async (): Promise<void> => {
    await page.reload();
    await page
      .getByRole('button', { name: /^(Open|Show|View)/ })
      .first()
      .click();
    await expect(page.getByRole('heading', { name: 'What changed against float' })).toBeVisible();
  };

  test('on a phone nothing of the evidence scrolls sideways, and what changed most comes first', async () => {
    await page.setViewportSize({ width: 360, height: 780 });
    await openAgain();
    const evidence = page.locator('[data-section="Evidence"]');
    await expect(evidence).toBeVisible();
    const classes = page.getByRole('table', { name: 'Change by class' }).locator('tbody tr');
    // Which classes changed depends on the device's search: there may be no table.
    const hasClasses = (await classes.count()) > 0;
    if (hasClasses) expect(await classes.count()).toBeLessThanOrEqual(3);
    // A screen and a half, whichever names of classes need a second line.
    expect(await evidence.evaluate((part) => part.clientHeight)).toBeLessThan(1250);
    await page.getByText('What became of each op').click();
    await expect(page.getByRole('table', { name: 'Ops' })).toBeVisible();
    const more = page.getByRole('button', { name: /^Show all/ });
    while ((await more.count()) > 0) {
      await more.first().focus();
      await page.keyboard.press('Enter');
    }
    if (hasClasses) await expect(classes).toHaveCount(10);
    const sideways = await page.locator('[data-section="Evidence"], [data-section="Ops"]').evaluateAll((parts) =>
      parts
        .flatMap((part) => [part, ...part.querySelectorAll('*:not(.visually-hidden)')])
        .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== 'visible')
        .map((each) => each.outerHTML.slice(0, 120)),
    );
    expect(sideways).toEqual([]);
    await expectNoViolations(page);
  });

  test('is told in people’s words, evidence first, the rest behind disclosures', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await openAgain();
    const heights = await page.evaluate(() => document.documentElement.scrollHeight);
    expect(heights).toBeLessThan(2600);
    const order = await page
      .locator('main > [data-section]')
      .evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset['section']));
    expect(order.slice(0, 3)).toEqual(['Result', 'Evidence', 'Trials']);
    const folds = page.locator('main > details.fold');
    expect(await folds.evaluateAll((all) => all.filter((fold) => (fold as HTMLDetailsElement).open).length)).toBe(0);
    for (const summary of await folds.locator('> summary').all()) {
      await summary.focus();
      await page.keyboard.press('Enter');
    }
    await expect(page.getByRole('region', { name: 'Graph', exact: true })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Ops' })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Trials side by side' })).toBeVisible();
    await expectNoViolations(page);
    const text = await page.locator('main').evaluate((main) => {
      for (const yaml of main.querySelectorAll('pre')) yaml.remove();
      return (main as HTMLElement).innerText;
    });
    expect(text).toContain('per channel');
    expect(
      text.match(/\b(per_tensor|per_channel|minmax|kl|asym|topk|post_training\w*|max_trials|op_wise)\b/g),
    ).toBeNull();
  });
});
