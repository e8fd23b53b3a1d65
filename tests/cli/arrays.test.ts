import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renamedArrays } from '../fixtures/renamed-arrays.ts';
import { expectRefused, file, LENET, octet, scratch } from './octet.ts';
import { historyOf } from './results.ts';

it(
  'arrays whose names say nothing are refused by name, and fed as the YAML says, also on a resume',
  { timeout: 120_000 },
  async () => {
    const evaluation = file('eval.npz', await renamedArrays(LENET.evaluation));
    const output = scratch();
    const search = 'tuning: {exit_policy: {max_trials: 1}, strategy: {name: basic}}\n';
    const tune = (yaml: string, ...more: string[]) =>
      octet(
        'tune',
        LENET.model,
        '--evaluation',
        evaluation,
        '--config',
        file('tune.yaml', yaml + search),
        '--output',
        output,
        ...more,
      );
    expectRefused(await tune(''), 'data-input-mismatch', ['image', 'pixels', 'truth', 'dataloader: {inputs:'], output);

    const arrays = 'evaluation: {accuracy: {dataloader: {inputs: {image: pixels}, labels: truth}}}\n';
    const ended = await tune(arrays);
    expect([0, 3]).toContain(ended.code);
    // Right answers show that samples and labels belong together.
    expect(historyOf(output).baseline?.score).toBeGreaterThan(0.8);
    expect(readFileSync(join(output, 'tune-config.yaml'), 'utf8')).toMatch(/inputs:\s+image: pixels\s+labels: truth/);
    const again = await tune(arrays, '--resume');
    expect([0, 3]).toContain(again.code);
    expect(again.stderr).not.toContain('journal-mismatch');
    const exported = await octet(
      'evaluate',
      LENET.model,
      '--evaluation',
      evaluation,
      '--config',
      join(output, 'tune-config.yaml'),
    );
    expect(exported.stdout).toContain('on 300 samples');
  },
);
