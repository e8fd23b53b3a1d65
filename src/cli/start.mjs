import { installDependencies, root, run } from './install.mjs';

const port = Number(process.env.PORT ?? 4173);

installDependencies();
const { build, preview } = await import('vite');
run('node', ['src/cli/build.mjs']);
await build({ root: `${root}/src`, configFile: `${root}/vite.config.ts`, logLevel: 'warn' });
const server = await preview({
  root: `${root}/src`,
  configFile: `${root}/vite.config.ts`,
  logLevel: 'warn',
  preview: { port },
});
console.log(`Octet is ready: ${server.resolvedUrls?.local[0] ?? `http://localhost:${port}/`}`);
