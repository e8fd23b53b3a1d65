import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { FaultCode } from '../../src/base/fault-codes.ts';

const REPOSITORY = new URL('../..', import.meta.url).pathname;

/** The fixture whose accuracy int8 hurts; `tests/fixtures/README.md` says where it comes from. */
export const LENET = {
  model: join(REPOSITORY, 'tests/fixtures/lenet/model.onnx'),
  calibration: join(REPOSITORY, 'tests/fixtures/lenet/calib.npz'),
  evaluation: join(REPOSITORY, 'tests/fixtures/lenet/eval.npz'),
  config: join(REPOSITORY, 'tests/fixtures/lenet/config.yaml'),
};

export interface Ended {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts the command line as users do, from the checkout; `onOutput` is told all that came on stderr or stdout so far. */
export function start(args: readonly string[], onOutput: (text: string) => void = () => undefined): Running {
  const child = spawn(process.execPath, [join(REPOSITORY, 'src/cli/octet.mjs'), ...args], { cwd: tmpdir() });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      onOutput(text[name]);
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

export function octet(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}

/** The last of the JSON lines of `--json`. */
export function lastLine(stdout: string): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

const folders: string[] = [];

/** A fresh folder that goes when the tests of the file have ended. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'octet-cli-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a file into a fresh folder and gives its path. */
export function file(name: string, content: string | Uint8Array): string {
  const path = join(scratch(), name);
  writeFileSync(path, content);
  return path;
}

/** Arguments of `octet tune` on the fixture, or on what is given instead. */
export function tuneArguments(output: string, given: Partial<typeof LENET> = {}): string[] {
  const { model, calibration, evaluation, config } = { ...LENET, ...given };
  return [
    'tune',
    model,
    '--calibration',
    calibration,
    '--evaluation',
    evaluation,
    '--config',
    config,
    '--output',
    output,
  ];
}

/** Bad input as users meet it: its code and what they need to know on stderr, exit code 2, no stack trace, nothing written. */
export function expectRefused(ended: Ended, code: FaultCode, words: readonly string[] = [], output?: string): void {
  expect(ended.stderr).toContain(`[${code}]`);
  for (const word of words) expect(ended.stderr).toContain(word);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.code).toBe(2);
  if (output !== undefined) expect(readdirSync(output)).toEqual([]);
}
