import { expect, test } from '@playwright/test';
import { dropFiles, LENET } from './page.ts';

const FILES = ['model.onnx', 'calib.npz', 'eval.npz', 'config.yaml'];

test('the screen stays awake while tuning runs', async ({ page, context }) => {
  await context.grantPermissions(['screen-wake-lock']);
  // Follows the browser's own locks.
  await page.addInitScript(() => {
    const request = navigator.wakeLock.request.bind(navigator.wakeLock);
    const locks: WakeLockSentinel[] = [];
    Object.assign(globalThis, { locks });
    navigator.wakeLock.request = async (type) => {
      const lock = await request(type);
      locks.push(lock);
      return lock;
    };
  });
  const held = (): Promise<boolean[]> =>
    page.evaluate(() =>
      (globalThis as unknown as { locks: WakeLockSentinel[] }).locks.map(({ released }) => !released),
    );

  await page.goto('/');
  await dropFiles(page, LENET, FILES);
  expect(await held()).toEqual([]);
  await page.getByRole('button', { name: 'Start tuning' }).click();
  await expect.poll(held).toEqual([true]);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(held).toEqual([false]);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(held).toEqual([false, true]);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(held).toEqual([false, false]);
});
