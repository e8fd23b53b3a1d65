import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefused, file, LENET, octet, scratch, start, tuneArguments } from './octet.ts';

type Code = Parameters<typeof expectRefused>[1];

async function refuses(yaml: string, code: Code, words: readonly string[] = []) {
  const output = scratch();
  expectRefused(await octet(...tuneArguments(output, { config: file('tune.yaml', yaml) })), code, words, output);
}

/** Ten thousand million items out of ten lines. */
const bomb = ['a0: &a0 [1, 1]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join(
  '\n',
);

describe.concurrent('configurations', () => {
  it.each([
    ['not a map', '- a\n- b\n', 'config-not-a-map', ['tune.yaml']],
    ['tabs', 'tuning:\n\tstrategy:\n', 'config-tabs', ['line 2']],
    ['an alias bomb', bomb, 'config-alias-bomb', ['tune.yaml']],
    ['no YAML', 'tuning: {strategy: [\n', 'config-not-yaml', ['line']],
    [
      'an unknown key',
      'tuning:\n  accuracy_criterion:\n    relativ: 0.01\n',
      'config-unknown-key',
      ['line 3', 'relativ', 'relative'],
    ],
    ['an unknown value', 'tuning:\n  objective: speed\n', 'config-invalid-value', ['line 2', 'speed', 'performance']],
    ['an unknown strategy', 'tuning: {strategy: {name: basik}}\n', 'config-unknown-strategy', ['basik', 'basic']],
    [
      'contradicting criteria',
      'tuning: {accuracy_criterion: {relative: 0.01, absolute: 0.02}}\n',
      'config-contradiction',
      ['relative', 'absolute'],
    ],
    ['a device that Node has not', 'device: gpu\n', 'provider-unavailable', ['WebGPU', 'device: cpu', 'on the page']],
    ['a pattern that matches no op', 'quantization: {op_wise: {nowhere: {}}}\n', 'config-matches-nothing', ['nowhere']],
  ] as const)('%s', async (_, yaml, code, words) => {
    await refuses(yaml, code, words);
  });

  it('a file that is not there', async () => {
    const output = scratch();
    const config = join(scratch(), 'none.yaml');
    expectRefused(await octet(...tuneArguments(output, { config })), 'file-unreadable', ['none.yaml'], output);
  });
});

describe.concurrent('outputs', () => {
  it('refuses before any work what cannot be written', async () => {
    const taken = file('taken', 'a file');
    for (const output of [taken, join(taken, 'within')]) {
      const ended = await octet(...tuneArguments(output));
      expectRefused(ended, 'output-unwritable', [output]);
      expect(ended.stderr).not.toContain('Reading');
    }
    expect(readFileSync(taken, 'utf8')).toBe('a file');
    const ended = await octet('quantize', LENET.model, '--output', join(taken, 'model.onnx'));
    expectRefused(ended, 'output-unwritable', [taken]);
    expectRefused(await octet('quantize', LENET.model, '--output', scratch()), 'output-unwritable');
  });

  it('leaves earlier results alone when the input is bad', async () => {
    const output = scratch();
    mkdirSync(join(output, 'kept'));
    await octet(...tuneArguments(output, { model: file('model.onnx', '') }));
    expect(readdirSync(output)).toEqual(['kept']);
  });
});

describe.concurrent('usage', () => {
  it.each([
    [[], 'verb is missing'],
    [['tun'], "Unknown command 'tun'"],
    [['inspect'], "missing required argument 'model'"],
    [['inspect', LENET.model, '--jsn'], "Unknown option '--jsn'"],
    [['tune', LENET.model, '--evaluation', LENET.evaluation], '--output'],
    [[...tuneArguments('out'), '--seed', 'one'], '--seed'],
    [[...tuneArguments('out'), '--runtime', 'gpu'], '--runtime'],
    [[...tuneArguments('out'), '--runtime', 'native'], 'native runtime is not built in'],
    [['inspect', LENET.model, 'another'], 'Too many arguments'],
  ])('%j', async (args, words) => {
    const ended = await octet(...args);
    expectRefused(ended, 'usage');
    expect(ended.stderr.toLowerCase()).toContain(words.toLowerCase());
    expect(ended.stdout).toBe('');
  });

  it('helps on stdout', async () => {
    const help = await octet('--help');
    expect([help.code, help.stderr]).toEqual([0, '']);
    for (const verb of ['tune', 'quantize', 'evaluate', 'inspect', 'replay']) expect(help.stdout).toContain(verb);
    const tune = await octet('tune', '--help');
    expect(tune.code).toBe(0);
    for (const option of ['--calibration', '--evaluation', '--config', '--output', '--seed', '--runtime', '--resume'])
      expect(tune.stdout).toContain(option);
    expect((await octet('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends quietly when nobody reads on', async () => {
    const running = start(['inspect', LENET.model]);
    running.closeStdout();
    const ended = await running.ended;
    expect(ended.stderr).not.toMatch(/EPIPE|^\s+at /m);
  });
});
