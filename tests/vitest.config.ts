import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const chromium = process.env['OCTET_CHROMIUM'];
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** The repository; paths of the projects are relative to it. */
const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    // Vitest leaves a core free, which on two halves the speed; more workers would make timings of models noisy.
    maxWorkers: 2,
    // Emscripten keeps the console of the moment when it starts, and ORT's profiles come by it: vitest must not exchange it from file to file.
    disableConsoleIntercept: true,
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tests/golden/**/*.test.ts', 'tests/cli/**/*.test.ts'],
          exclude: ['src/ui/**', 'src/history/browser/**'],
          environment: 'node',
          // Loading ORT and the schemas anew for each file took half the time of the unit tests.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        root,
        plugins: [svelte()],
        server: { headers },
        worker: { format: 'es' },
        optimizeDeps: { exclude: ['onnxruntime-web'] },
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts', 'src/ui/**/*.test.ts'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                args: [
                  '--no-sandbox',
                  '--enable-unsafe-webgpu',
                  '--use-webgpu-adapter=swiftshader',
                  '--enable-features=Vulkan',
                ],
                ...(chromium ? { executablePath: chromium } : {}),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
