import { rmSync } from 'node:fs';
import { installDependencies, root } from './install.mjs';

installDependencies();
const { build } = await import('vite');

/** Builds the command line and its session worker for Node; packages stay outside the bundle. */
rmSync(`${root}/dist-cli`, { recursive: true, force: true });
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist-cli',
    rollupOptions: { input: { octet: 'src/cli/octet.ts', 'session.node': 'workers/session.node.ts' } },
  },
});
