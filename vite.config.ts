import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/**
 * Cross-origin isolation: finer clocks; the app also works without. The policy stands in the page, too, for servers that send
 * none; workers heed the one that comes with their own script.
 */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "connect-src 'self' blob: data:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

export default defineConfig({
  root: 'src',
  publicDir: '../public',
  base: './',
  plugins: [svelte()],
  build: { outDir: '../dist', emptyOutDir: true, target: 'esnext' },
  worker: { format: 'es' },
  // Dependencies first met inside a worker would reload the page in the middle of a session.
  optimizeDeps: { entries: ['index.html', '../workers/*.worker.ts'] },
  server: { headers },
  preview: { headers },
});
