import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeSigOpt, TOKEN } from '../sigopt/fake-server.ts';
import { expectRefused, octet, scratch, start, tuneArguments, type Ended } from './octet.ts';
import { configWith, decisions, historyOf, UNREACHABLE } from './results.ts';

let fake: FakeSigOpt;
beforeEach(async () => void (fake = await FakeSigOpt.listen()));
afterEach(() => fake.close());

/** The fixture tuned by the fake server; the token in the configuration unless it comes another way. */
function sigoptConfig(token: string | null = TOKEN, url = fake.url): string {
  const lines = [
    'name: sigopt',
    `sigopt_base_url: ${url}`,
    'sigopt_project_id: nets',
    ...(token === null ? [] : [`sigopt_api_token: ${token}`]),
  ];
  return configWith(UNREACHABLE, ['name: basic', lines.join('\n    ')], ['max_trials: 12', 'max_trials: 4']);
}

/** The token is in no file that the run wrote, and in nothing that it said. */
function expectNoToken(folder: string, { stdout, stderr }: Ended): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(0);
  for (const { parentPath, name } of files) {
    expect(readFileSync(join(parentPath, name)).includes(TOKEN), name).toBe(false);
  }
  expect(stdout + stderr).not.toContain(TOKEN);
}

describe('octet tune with a SigOpt server', { timeout: 120_000 }, () => {
  it('lets the server lead the search; a token of the environment is kept nowhere', async () => {
    const output = scratch();
    process.env['SIGOPT_API_TOKEN'] = TOKEN;
    const ended = await octet(...tuneArguments(output, { config: sigoptConfig(null) })).finally(
      () => delete process.env['SIGOPT_API_TOKEN'],
    );
    expect(ended.code).toBe(3);
    const { trials } = historyOf(output);
    expect(fake.projects).toContain('nets');
    expect(fake.experiments).toHaveLength(1);
    const values = fake.experiment.observations.map((each) => (each['values'] as { value: number }[])[0]!.value);
    expect(values).toHaveLength(4);
    const led = trials.filter(({ stage }) => stage.includes('SigOpt'));
    expect(led.length).toBeGreaterThan(2);
    expect(values).toEqual(expect.arrayContaining(led.map(({ score }) => score)));
    expectNoToken(output, ended);
  });

  it('goes on in the same experiment after a kill, with the sequence as it was', async () => {
    const output = scratch();
    const args = [...tuneArguments(output, { config: sigoptConfig() }), '--json'];
    const killed = start(args, (text) => {
      if (text.split('"type":"trial"').length > 3) killed.kill('SIGKILL');
    });
    expect((await killed.ended).code).toBeNull();
    const before = fake.experiment.suggestions.map(({ assignments }) => assignments);
    const ended = await octet(...args, '--resume');
    expect(ended.code).toBe(3);
    expect(fake.experiments).toHaveLength(1);
    expect(fake.experiment.suggestions.slice(0, before.length).map(({ assignments }) => assignments)).toEqual(before);
    expect(fake.experiment.observations.map((each) => (each['metadata'] as { trial: number }).trial)).toEqual([
      1, 2, 3, 4,
    ]);
    expect(fake.experiment.suggestions.filter(({ state }) => state === 'open')).toHaveLength(0);
    expectNoToken(output, ended);
    const asked = fake.log.length;
    const first = decisions(historyOf(output));
    expect((await octet(...args, '--resume')).code).toBe(3);
    expect(decisions(historyOf(output))).toEqual(first);
    expect(fake.log).toHaveLength(asked);
  });

  it('searches here without a token, and says so', async () => {
    const local = await octet(...tuneArguments(scratch(), { config: sigoptConfig(null) }));
    expect(local.stderr).toContain('[strategy-local]');
    expect(fake.experiments).toHaveLength(0);
  });

  it('names a server that refuses or is not there, and can be resumed', async () => {
    const output = scratch();
    fake.disturb = ({ path }) =>
      path.endsWith('/suggestions') ? { status: 403, text: `{"message":"token ${TOKEN} is revoked"}` } : null;
    const args = tuneArguments(output, { config: sigoptConfig() });
    const refused = await octet(...args);
    expectRefused(refused, 'service-unauthorized', ['is revoked', 'next:']);
    expectNoToken(output, refused);
    fake.disturb = () => null;
    expect((await octet(...args, '--resume')).code).toBe(3);
    expect(fake.experiments).toHaveLength(1);
    const config = sigoptConfig(TOKEN, 'http://127.0.0.1:9/api');
    const nobody = await octet(...tuneArguments(scratch(), { config }));
    expectRefused(nobody, 'service-unreachable', ['http://127.0.0.1:9/api/v1/sessions']);
  });
});
