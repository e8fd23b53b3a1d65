import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Connect, type Plugin, type ProxyOptions } from 'vite';

/** API address of the SigOpt server that the page may call, if there is one. */
const sigopt = process.env['OCTET_SIGOPT_URL']?.replace(/\/+$/, '').replace(/\/v1$/, '');

/** Cross-origin isolation: finer clocks; the app also works without. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/**
 * The policy stands in the page, too, for servers that send none; workers heed the one that comes with their own script. Only the
 * tuner worker may run a module that the user has dropped (blob:), and only it may call the SigOpt server.
 */
function contentSecurityPolicy(url: string): string {
  const isTuner = /\/tuner\.worker[-.]/.test(url);
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${isTuner ? ' blob:' : ''}`,
    "worker-src 'self' blob:",
    `connect-src 'self' blob: data:${isTuner && sigopt ? ` ${new URL(sigopt).origin}` : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const sendPolicy: Connect.NextHandleFunction = (request, response, next) => {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy(request.url ?? ''));
  next();
};

const policy: Plugin = {
  name: 'octet-policy',
  configureServer: ({ middlewares }) => void middlewares.use(sendPolicy),
  configurePreviewServer: ({ middlewares }) => void middlewares.use(sendPolicy),
};

/** A SigOpt server admits no page of another origin: under /sigopt it is one of this origin. */
const proxy: Record<string, ProxyOptions> | undefined = sigopt
  ? {
      '^/sigopt/v1/': {
        target: sigopt,
        changeOrigin: true,
        rewrite: (path) => path.slice('/sigopt'.length),
        configure: (server) =>
          server.on('proxyReq', (request) => {
            for (const name of ['cookie', 'origin', 'referer']) request.removeHeader(name);
          }),
      },
    }
  : undefined;

export default defineConfig({
  root: 'src',
  publicDir: '../public',
  base: './',
  plugins: [svelte(), policy],
  build: { outDir: '../dist', emptyOutDir: true, target: 'esnext' },
  worker: { format: 'es' },
  // Dependencies first met inside a worker would reload the page in the middle of a session.
  optimizeDeps: { entries: ['index.html', '../workers/*.worker.ts'] },
  server: { headers, ...(proxy && { proxy }) },
  preview: { headers, ...(proxy && { proxy }) },
});
