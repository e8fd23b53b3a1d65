import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openDataset } from '../../src/data/open-dataset.ts';
import { pictureFolder } from '../../src/data/testing/picture-folder.ts';
import { file, LENET, octet, scratch } from './octet.ts';
import { historyOf } from './results.ts';

/** The fixture's evaluation samples as PNG files in class folders. */
async function pictures(): Promise<string> {
  const blob = new Blob([readFileSync(LENET.evaluation)]);
  const inputs = [{ name: 'image', type: 'float32', dims: [null, 1, 28, 28] }] as const;
  const folder = scratch();
  for (const { path, blob: png } of await pictureFolder(
    await openDataset([{ path: 'eval.npz', blob }], { inputs }),
    'image',
    300,
  )) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), new Uint8Array(await png.arrayBuffer()));
  }
  return join(folder, 'photos');
}

it(
  'finds the preprocessing of pictures without YAML, keeps it over a resume and writes it down',
  { timeout: 120_000 },
  async () => {
    const evaluation = await pictures();
    const output = scratch();
    const config = file('tune.yaml', 'tuning: {exit_policy: {max_trials: 2}, strategy: {name: basic}}\n');
    const args = ['tune', LENET.model, '--evaluation', evaluation, '--config', config, '--output', output];
    const ended = await octet(...args);
    expect(ended.stderr).toMatch(
      /^Preprocessing, found: values from 0 to 1 \(top-1 accuracy 0\.\d+ on \d+ samples; next: /m,
    );
    expect([0, 3]).toContain(ended.code);
    const { preprocessing, baseline, data } = historyOf(output);
    // One folder for both: a part calibrates, and the rest judges.
    expect(data).toMatchObject({ calibration: { samples: 75 }, evaluation: { samples: 225 }, splitSeed: 1978 });
    expect(baseline?.samples).toBe(225);
    expect(preprocessing).toMatchObject({ source: 'found', words: 'values from 0 to 1', labelShift: 0 });
    const yaml = readFileSync(join(output, 'tune-config.yaml'), 'utf8');
    expect(yaml).toMatch(/evaluation:[\s\S]*transform:\s+Rescale: {}\s+Transpose:/);
    expect(readFileSync(join(output, 'report.html'), 'utf8')).toContain('Preprocessing, found: values from 0 to 1');

    const again = await octet(...args, '--resume');
    expect(again.stderr).toContain('Preprocessing, found');
    expect(again.stderr).not.toContain('journal-mismatch');
    expect(historyOf(output).preprocessing).toEqual(preprocessing);
    // The exported configuration states the transforms, so that nothing is searched.
    const stated = await octet(
      'evaluate',
      LENET.model,
      '--evaluation',
      evaluation,
      '--config',
      join(output, 'tune-config.yaml'),
    );
    expect(stated.stderr).not.toContain('Preprocessing');
    expect(stated.stdout).toContain('on 300 samples');
  },
);
