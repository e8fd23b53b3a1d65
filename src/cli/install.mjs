import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a command in the repository, its output shown on stderr; throws if it fails. */
export function run(command, args, options = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`);
}

/** Installs the locked dependencies unless they are there and as new as the lock file. */
export function installDependencies() {
  const mark = `${root}/node_modules/.package-lock.json`;
  if (existsSync(mark) && statSync(mark).mtimeMs >= statSync(`${root}/package-lock.json`).mtimeMs) return;
  console.error('Installing dependencies …');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

/** Runs `step` while no other process runs one: commands that start together build once, not over each other. */
export async function alone(step) {
  const lock = `${root}/.octet-build.lock`;
  while (!take(lock)) await delay(100);
  try {
    return await step();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** False while the process that holds the lock lives; the lock of a process that was killed is taken over. */
function take(lock) {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
  } catch (error) {
    if (error.code === 'ESRCH') rmSync(lock, { force: true });
  }
  return false;
}
