import { defineConfig } from '@playwright/test';
import { createServer } from 'node:net';

/** The configuration is read again in every worker process: all must agree on the port. */
const port = (process.env['OCTET_E2E_PORT'] ??= String(await freePort()));
const url = `http://localhost:${port}/`;
/** Where a test may start a SigOpt server, which the page then reaches under /sigopt. */
const sigoptPort = (process.env['OCTET_E2E_SIGOPT_PORT'] ??= String(await freePort()));

/** The whole check has built the page already. */
const isBuilt = process.env['OCTET_BUILT'] !== undefined;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 4173));
    });
  });
}

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  timeout: 180_000,
  expect: { timeout: 30_000 },
  // Tunings mostly wait for one worker each: a second test beside them takes a third off the whole.
  workers: 2,
  reporter: 'list',
  use: {
    baseURL: url,
    acceptDownloads: true,
    launchOptions: {
      executablePath: process.env['OCTET_CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    },
  },
  webServer: {
    cwd: new URL('../..', import.meta.url).pathname,
    command: `${isBuilt ? '' : 'npm run check:build && '}npx vite preview --port ${port} --strictPort`,
    env: { OCTET_SIGOPT_URL: `http://127.0.0.1:${sigoptPort}/api` },
    url,
    timeout: 120_000,
  },
});
