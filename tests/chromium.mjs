import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from '../src/cli/install.mjs';

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Path of a Chromium: the one named by OCTET_CHROMIUM, an installed one, else one from apt, else playwright's own. */
export async function findChromium() {
  const found = [process.env.OCTET_CHROMIUM, ...INSTALLED].find((path) => path && existsSync(path));
  if (found) return found;
  console.error('Installing Chromium …');
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (args) => {
    const [command, ...rest] = [...sudo, 'apt-get', ...args];
    return spawnSync(command, rest, { stdio: ['ignore', 2, 2] }).status === 0;
  };
  if (apt(['update']) && apt(['install', '-y', '--no-install-recommends', 'chromium'])) return INSTALLED[0];
  run('npx', ['playwright', 'install', '--with-deps', 'chromium']);
  const { chromium } = await import('playwright');
  return chromium.executablePath();
}
