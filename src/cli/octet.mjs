#!/usr/bin/env node
import { existsSync, readdirSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { alone, root, run } from './install.mjs';

const built = `${root}/dist-cli/octet.js`;

/** Newest change under a folder of sources. */
function newest(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(
    ...entries.filter((e) => e.isFile()).map((e) => statSync(`${e.parentPath ?? e.path}/${e.name}`).mtimeMs),
  );
}

function isStale() {
  return !existsSync(built) || statSync(built).mtimeMs < Math.max(newest(`${root}/src`), newest(`${root}/workers`));
}

if (isStale()) {
  await alone(() => {
    if (isStale()) run('node', ['src/cli/build.mjs']);
  });
}
await import(pathToFileURL(built).href);
