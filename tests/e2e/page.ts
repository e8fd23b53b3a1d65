import AxeBuilder from '@axe-core/playwright';
import { expect, type Browser, type BrowserContext, type Download, type Locator, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';

export const LENET = new URL('../fixtures/lenet/', import.meta.url).pathname;

/** Notes requests that leave the origin; blob: and data: do not. */
export function watchRequests(context: BrowserContext, origin: string): string[] {
  const foreign: string[] = [];
  context.on('request', (request) => {
    const { protocol, origin: target } = new URL(request.url());
    if (protocol.startsWith('http') && target !== origin) foreign.push(request.url());
  });
  return foreign;
}

/** The line at the foot of the page that says what happened. */
export function announcement(page: Page): Locator {
  return page.locator('footer').getByRole('status');
}

interface TraceEvent {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** Microseconds of the thread's own CPU time. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/**
 * The longest task on the page's thread while `act` goes on, in milliseconds of its own CPU time: what the page does, however
 * busy the machine is with other things.
 */
export async function longestTask(browser: Browser, page: Page, act: () => Promise<void>): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await act();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;
  const named = trace.traceEvents.filter(({ name }) => name === 'thread_name');
  const pages = new Set(named.filter(({ args }) => args.name === 'CrRendererMain').map(thread));
  const tasks = trace.traceEvents.filter((event) => event.name.endsWith('RunTask') && pages.has(thread(event)));
  expect(tasks.length).toBeGreaterThan(100);
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

/** Drops files on the page as a person would; `suffix` is added to their names. */
export async function dropFiles(page: Page, folder: string, names: readonly string[], suffix = ''): Promise<void> {
  const files = await Promise.all(
    names.map(async (name) => ({ name: name + suffix, base64: (await readFile(folder + name)).toString('base64') })),
  );
  await page.evaluate(async (dropped) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of dropped) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }
  }, files);
}

/** Drags files and folders of the disk onto the page, as the browser's own drag does: folders come as folders. */
export async function dragPaths(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
  await devtools.detach();
}

/** `more`: one of those behind “More downloads”. */
export async function downloadMore(page: Page, more: string): Promise<{ download: Download; bytes: Buffer }> {
  const menu = page.locator('details', { hasText: 'More downloads' });
  if ((await menu.getAttribute('open')) === null) await menu.getByText('More downloads').click();
  return downloadBy(page, more);
}

export async function downloadBy(page: Page, button: string): Promise<{ download: Download; bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return { download, bytes: await readFile(await download.path()) };
}

/** The Trials table as text, a row per trial; only what must not differ from run to run. */
export async function trialRows(page: Page): Promise<string[]> {
  const rows = page.getByRole('table', { name: 'Trials' }).locator('tbody tr');
  return rows.evaluateAll((all) =>
    all.map((row) => [0, 2, 5].map((cell) => row.children[cell]?.textContent?.trim()).join(' | ')),
  );
}

/** Goes to a part of a result by the strip, which opens it. */
export async function goTo(page: Page, section: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Parts of this page' }).getByRole('button', { name: section }).click();
}

/** `byTouch`: a finger must hit everything in sight, too (WCAG 2.5.8); what a table has scrolled halfway out would not count as hit. */
export async function expectNoViolations(page: Page, byTouch = false): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .options({ rules: { 'target-size': { enabled: byTouch } } })
    .analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}
