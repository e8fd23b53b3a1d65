import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TensorMap } from '../../src/onnx/testing/run-model.ts';
import { tokenModel } from '../fixtures/two-inputs.ts';
import { npy } from './npz.ts';
import { expectRefused, file, octet, scratch } from './octet.ts';
import { historyOf } from './results.ts';

const SAMPLES = 120;

/** A folder of .npy files under names that say nothing but their split. */
function split(name: string, { input_ids, attention_mask }: TensorMap, labels: BigInt64Array<ArrayBuffer>): string {
  const folder = join(scratch(), name);
  mkdirSync(folder);
  if (!input_ids || !attention_mask) throw new Error('The model has two inputs');
  writeFileSync(join(folder, `${name}_tokens.npy`), npy(input_ids.dims, input_ids.data));
  writeFileSync(join(folder, `${name}_seen.npy`), npy(attention_mask.dims, attention_mask.data));
  writeFileSync(join(folder, `${name}_y.npy`), npy([SAMPLES], labels));
  return folder;
}

it(
  'token ids and their mask from loose .npy files: named in the YAML once, for both splits',
  { timeout: 120_000 },
  async () => {
    const { model, feeds, labels } = await tokenModel(SAMPLES);
    const path = file('tokens.onnx', model);
    const output = scratch();
    const data = ['--calibration', split('train', feeds, labels), '--evaluation', split('test', feeds, labels)];
    const tune = (inputs: string, ...more: string[]) => {
      const yaml = `${inputs}tuning: {exit_policy: {max_trials: 2}, strategy: {name: basic}, objective: modelsize}\n`;
      return octet('tune', path, ...data, '--config', file('tune.yaml', yaml), '--output', output, ...more);
    };
    const unnamed = ['input_ids', 'test_seen, test_tokens, test_y', 'dataloader: {inputs:'];
    expectRefused(await tune(''), 'data-input-mismatch', unnamed, output);

    const inputs = (ids: string, mask: string): string =>
      `evaluation: {accuracy: {dataloader: {inputs: {input_ids: ${ids}, attention_mask: ${mask}}}}}\n`;
    const ended = await tune(inputs('test_tokens', 'test_seen'));
    expect(ended.stderr).not.toContain('[data-');
    expect([0, 3]).toContain(ended.code);
    // The labels are the model's own answers: one array in the wrong place, and it would not give them.
    expect(historyOf(output).baseline?.score).toBe(1);
    const yaml = readFileSync(join(output, 'tune-config.yaml'), 'utf8');
    expect(yaml).toMatch(/inputs:\s+input_ids: test_tokens\s+attention_mask: test_seen/);

    const crosswise = file('crosswise.yaml', inputs('test_seen', 'test_tokens'));
    const evaluated = await octet('evaluate', path, ...data.slice(2), '--config', crosswise, '--json');
    expect((JSON.parse(evaluated.stdout.trim().split('\n').at(-1)!) as { score: number }).score).toBeLessThan(0.9);
  },
);
