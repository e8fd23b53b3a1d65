import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, defineConfig, type Connect, type Plugin, type ProxyOptions } from 'vite';

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
    "manifest-src 'self'",
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

/** ONNX Runtime with WebGPU: 27 MB that most sessions never need. */
const ON_DEMAND = /ort-wasm-simd-threaded\.asyncify.*\.wasm$/;

const SERVICE_WORKER = 'offline.worker.js';

/** Files in public/, as the page names them. */
function publicFiles(): string[] {
  const folder = new URL('public/', import.meta.url);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replace(/\/+/g, '/').slice(folder.pathname.length))
    .sort();
}

/** Tells the service worker the files of the build and their digest. */
const offline: Plugin = {
  name: 'octet-offline',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const worker = bundle[SERVICE_WORKER];
      if (worker?.type !== 'chunk') return;
      // The policy of the tuner worker, which is kept with it, names the server.
      const digest = createHash('sha256').update(sigopt ?? '');
      const built = Object.values(bundle).filter((file) => file !== worker);
      built.sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
      for (const file of built) digest.update(file.fileName).update(file.type === 'chunk' ? file.code : file.source);
      const copied = publicFiles();
      for (const file of copied) digest.update(file).update(readFileSync(new URL(`public/${file}`, import.meta.url)));
      digest.update(worker.code);
      // The page is kept under its folder's address, so that no server redirects it.
      const isOnDemand = (name: string): boolean => ON_DEMAND.test(name);
      const files = [...built.map(({ fileName }) => (fileName === 'index.html' ? './' : fileName)), ...copied];
      worker.code = worker.code
        .replace('__OCTET_FILES__', () => JSON.stringify(files.filter((name) => !isOnDemand(name))))
        .replace('__OCTET_ON_DEMAND__', () => JSON.stringify(files.filter(isOnDemand)))
        .replace('__OCTET_VERSION__', () => JSON.stringify(digest.digest('hex').slice(0, 16)));
    },
  },
};

const FIRST_PAINT = 'first-paint';

/** Puts the start page into the document: it is seen before any script has come, let alone run. */
const firstPaint: Plugin = {
  name: 'octet-first-paint',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    async handler(html) {
      const outDir = new URL('node_modules/.octet-first-paint/', import.meta.url).pathname;
      await build({
        configFile: false,
        root: 'src',
        publicDir: false,
        logLevel: 'warn',
        plugins: [svelte()],
        ssr: { noExternal: true },
        build: { ssr: `${FIRST_PAINT}.ts`, outDir, emptyOutDir: true, target: 'esnext' },
      });
      const rendered = (await import(`${outDir}${FIRST_PAINT}.js`)) as { firstPaint: () => Promise<string> };
      const body = await rendered.firstPaint();
      return html.replace('<div id="app"></div>', () => `<div id="app">${body}</div>`);
    },
  },
};

/** Bytes, gzipped, of the scripts that the page loads before anything can be done with it; ONNX Runtime comes later. */
const ENTRY_BUDGET = 90_000;

const budget: Plugin = {
  name: 'octet-budget',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const entry = Object.values(bundle).find(
        (file) => file.type === 'chunk' && file.isEntry && file.name === 'index',
      );
      if (entry?.type !== 'chunk') return this.error('The build has no entry script.');
      const first = new Set([entry.fileName, ...entry.imports]);
      let bytes = 0;
      for (const file of Object.values(bundle))
        if (file.type === 'chunk' && first.has(file.fileName)) bytes += gzipSync(file.code).length;
      if (bytes > ENTRY_BUDGET)
        this.error(`The entry scripts have ${bytes} bytes gzipped; ${ENTRY_BUDGET} are allowed.`);
    },
  },
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
  plugins: [svelte(), policy, firstPaint, offline, budget],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'esnext',
    rollupOptions: {
      input: { index: 'src/index.html', offline: 'workers/offline.worker.ts' },
      // A service worker governs the folder that it lies in, and keeps its name from build to build.
      output: { entryFileNames: ({ name }) => (name === 'offline' ? SERVICE_WORKER : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  // Dependencies first met inside a worker would reload the page in the middle of a session.
  optimizeDeps: { entries: ['index.html', '../workers/*.worker.ts'] },
  server: { headers, ...(proxy && { proxy }) },
  preview: { headers, ...(proxy && { proxy }) },
});
