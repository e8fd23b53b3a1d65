import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies, root } from '../src/cli/install.mjs';
import { findChromium } from './chromium.mjs';

/** Runs every check, all of them even if one fails, and ends with the line "N passed, N failed". */
installDependencies();
const env = { ...process.env, OCTET_CHROMIUM: await findChromium() };
const reports = mkdtempSync(join(tmpdir(), 'octet-test-'));
const total = { passed: 0, failed: 0 };

/** Says how a step ended; true where it went well. */
function ended(name, started, status) {
  const seconds = Number((process.hrtime.bigint() - started) / 10n ** 9n);
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${seconds} s`);
  return status === 0;
}

function step(name, command, args, more = {}) {
  console.log(`\n== ${name}`);
  const started = process.hrtime.bigint();
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 1, 2], env: { ...env, ...more } });
  return ended(name, started, status);
}

/** A check without tests of its own counts as one test. What it prints comes when it has ended: others run beside it. */
async function check(name) {
  const started = process.hrtime.bigint();
  const child = spawn('npm', ['run', '--silent', `check:${name}`], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  const status = await new Promise((resolve) => child.on('close', resolve));
  console.log(`\n== ${name}`);
  process.stdout.write(Buffer.concat(printed));
  total[ended(name, started, status) ? 'passed' : 'failed']++;
}

/** Each of them uses one core. */
async function checkInTurn(...names) {
  for (const name of names) await check(name);
}

/** A suite counts its tests; one that breaks before it counts any has failed. */
function suite(name, args, count, more) {
  const report = join(reports, `${name}.json`);
  const ok = step(`${name} tests`, 'npx', args(report), more?.(report));
  let counted = { passed: 0, failed: 0 };
  try {
    counted = count(JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    counted.failed = 1;
  }
  total.passed += counted.passed;
  total.failed += ok ? counted.failed : Math.max(1, counted.failed);
}

const vitest = (project) => (report) => [
  'vitest',
  'run',
  '--config=tests/vitest.config.ts',
  `--project=${project}`,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
];
const vitestCount = ({ numPassedTests, numFailedTests }) => ({ passed: numPassedTests, failed: numFailedTests });
const playwright = () => ['playwright', 'test', '--config=tests/e2e/playwright.config.ts', '--reporter=list,json'];
const playwrightCount = ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected });

await Promise.all([checkInTurn('types', 'build'), checkInTurn('lint', 'format', 'layers')]);
suite('unit', vitest('unit'), vitestCount);
suite('browser', vitest('browser'), vitestCount);
suite('end-to-end', playwright, playwrightCount, (report) => ({
  PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  OCTET_BUILT: '1',
}));

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
