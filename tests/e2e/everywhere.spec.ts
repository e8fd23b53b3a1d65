import { expect, test, type Locator, type Page } from '@playwright/test';
import { dropFiles, expectNoViolations, goTo, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz'];

/** Presses Tab until `wanted` has the focus: whoever has no mouse goes the same way. */
async function tabTo(page: Page, wanted: Locator, most = 60): Promise<void> {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${most} times Tab do not reach ${String(wanted)}`);
}

test('by keyboard alone: from the start to the result, its download and the last trial', async ({ page }) => {
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await expect(page.getByText('300 samples')).toBeVisible();
  await page.locator('body').press('Home');
  await tabTo(page, page.getByLabel('Trials at most'));
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('6');
  await tabTo(page, page.getByRole('button', { name: 'Start tuning' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveTitle(/ · model · Octet$/);
  const download = page.getByRole('button', { name: 'Download int8 model' });
  await expect(download).toBeVisible({ timeout: 120_000 });
  await expect(page).toHaveTitle('Done · model · Octet');
  await tabTo(page, download);
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(file.suggestedFilename()).toBe('model.int8.onnx');
  const trials = page.getByRole('navigation', { name: 'Parts of this page' }).getByRole('button', { name: 'Trials' });
  await trials.focus();
  await page.keyboard.press('Enter');
  const table = page.getByRole('table', { name: 'Trials' });
  await tabTo(page, table.getByRole('button').last(), 120);
  await expectNoViolations(page);
});

test('by touch, in the least motion that a system asks for, on a phone', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    ...(baseURL && { baseURL }),
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    reducedMotion: 'reduce',
    colorScheme: 'dark',
  });
  const page = await context.newPage();
  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).tap();
  const pause = page.getByRole('button', { name: 'Pause' });
  await expect(pause).toBeVisible({ timeout: 60_000 });
  const moving = () => page.evaluate(() => document.getAnimations().length);
  expect(await moving()).toBe(0);
  await pause.tap();
  const resume = page.getByRole('button', { name: 'Resume' });
  await expect(resume).toBeVisible();
  expect(await moving()).toBe(0);
  await expectNoViolations(page, true);
  await resume.tap();
  await expect(page.getByText('More downloads')).toBeVisible({ timeout: 120_000 });
  await goTo(page, 'Graph');
  await expectNoViolations(page, true);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await context.close();
});

test('on a screen of 4K nothing runs off or apart, and little is announced', async ({ page }, testInfo) => {
  await page.setViewportSize({ width: 3840, height: 2160 });
  await page.goto('/');
  await page.evaluate(() => {
    const said: string[] = [];
    const status = document.querySelector('footer [role=status]');
    if (status)
      new MutationObserver(() => said.push(status.textContent ?? '')).observe(status, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    Object.assign(globalThis, { said });
  });
  await dropFiles(page, LENET, FILES);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect(page.getByText('More downloads')).toBeVisible({ timeout: 120_000 });
  await page.screenshot({ path: testInfo.outputPath('4k.png') });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(3840);
  // Lines of text stay readable: no longer than some 20 words.
  const longest = await page.evaluate(() => {
    const lines = [...document.querySelectorAll('main p')].flatMap((paragraph) => {
      const range = document.createRange();
      range.selectNodeContents(paragraph);
      return [...range.getClientRects()].map(({ width }) => width);
    });
    return Math.max(...lines);
  });
  expect(longest).toBeLessThan(1000);
  const said = await page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  const trials = await page.getByRole('table', { name: 'Trials' }).locator('tbody tr').count();
  testInfo.annotations.push({
    type: 'announced',
    description: `${said.length} in ${trials} trials: ${said.join(' | ')}`,
  });
  expect(said.length).toBeLessThan(trials + 12);
});
