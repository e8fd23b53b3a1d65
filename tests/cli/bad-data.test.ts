import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/encode.ts';
import { buildModel } from '../../src/onnx/testing/build-model.ts';
import { expectRefused, file, octet, scratch, tuneArguments } from './octet.ts';
import { labels, npy, npz } from './npz.ts';
import { smallConfig, smallData, smallModel, weights } from './small-model.ts';

type Code = Parameters<typeof expectRefused>[1];

const model = file('model.onnx', smallModel());
const sample = npy([1, 8, 6, 6], new Float32Array(288));

interface Data {
  readonly calibration?: string;
  readonly evaluation?: string;
  readonly model?: string;
  readonly config?: string;
}

async function tune(given: Data) {
  const output = scratch();
  const good = { model, calibration: await smallData(), evaluation: await smallData(), config: smallConfig() };
  return { output, ended: await octet(...tuneArguments(output, { ...good, ...given })) };
}

async function refuses(given: Data, code: Code, words: readonly string[] = []) {
  const { output, ended } = await tune(given);
  expectRefused(ended, code, words, output);
  return ended;
}

describe.concurrent('data that do not fit the model', () => {
  it('another name where there are several inputs, another shape: got and wanted', async () => {
    const two = buildModel({
      nodes: [
        { opType: 'Add', input: ['a', 'b'], output: ['s'] },
        { opType: 'MatMul', input: ['s', 'w'], output: ['y'] },
      ],
      inputs: { a: { dims: ['N', 8] }, b: { dims: ['N', 8] } },
      outputs: { y: {} },
      initializers: [weights('w', [8, 4])],
    });
    const rows = npy([3, 8], new Float32Array(24));
    const evaluation = file('data.npz', await npz({ a: rows, c: rows, labels: labels(0, 1, 2) }));
    await refuses(
      { model: file('model.onnx', encodeModel(two)), evaluation, calibration: evaluation },
      'data-input-mismatch',
      ['input b', 'a, c', 'a, b'],
    );
    await refuses({ evaluation: await smallData({ dims: [8, 5, 6] }) }, 'data-input-mismatch', ['8, 5, 6', '8, 6, 6']);
    await refuses({ calibration: await smallData({ dims: [3, 6, 6] }) }, 'data-input-mismatch', ['3, 6, 6']);
  });

  it('labels out of range, missing, of another count', async () => {
    const classes = (last: number) => Array.from({ length: 12 }, (_, i) => (i === 11 ? last : i % 4));
    await refuses({ evaluation: await smallData({ labels: classes(4) }) }, 'data-labels-range', ['4']);
    await refuses({ evaluation: await smallData({ labels: classes(-1) }) }, 'data-labels-range', ['-1']);
    await refuses({ evaluation: await smallData({ labels: null }) }, 'data-labels-missing', ['labels']);
    await refuses({ evaluation: await smallData({ labels: [0, 1, 2] }) }, 'data-labels-count', ['3 labels', '12']);
  });
});

describe.concurrent('data that cannot be read', () => {
  it('pickled arrays, by themselves and within an archive', async () => {
    const pickled = npy([3], new Float32Array(3), '|O');
    await refuses({ evaluation: file('x.npy', pickled) }, 'data-pickled');
    await refuses({ evaluation: file('x.npz', await npz({ x: pickled, labels: labels(0) })) }, 'data-pickled');
    await refuses({ calibration: file('x.pkl', '\x80\x04\x95') }, 'data-pickled');
  });

  it('cut-off archives and arrays', async () => {
    const whole = readFileSync(await smallData());
    await refuses({ evaluation: file('x.npz', whole.subarray(0, whole.length / 2)) }, 'data-truncated', ['x.npz']);
    await refuses({ calibration: file('x.npy', sample.subarray(0, 700)) }, 'data-truncated', ['x.npy']);
  });

  it('no rows, empty files, nothing at all', async () => {
    await refuses({ evaluation: await smallData({ count: 0 }) }, 'data-empty');
    await refuses({ calibration: await smallData({ count: 0, labels: null }) }, 'data-empty');
    await refuses({ evaluation: file('x.npz', '') }, 'data-empty');
    await refuses({ evaluation: scratch() }, 'data-empty');
    await refuses({ evaluation: `${scratch()}/none.npz` }, 'file-unreadable', ['none.npz']);
  });

  it('a format that no loader knows', async () => {
    await refuses({ evaluation: file('x.parquet', 'PAR1....') }, 'data-format-unknown', ['x.parquet']);
  });
});

describe.concurrent('numbers that are not finite', () => {
  it('in data: array, sample and place, at whichever sample', async () => {
    await refuses({ evaluation: await smallData({ sample: [9, NaN] }) }, 'data-not-finite', ['x, sample 9', 'NaN']);
    await refuses({ calibration: await smallData({ sample: [10, Infinity] }) }, 'data-not-finite', ['sample 10']);
  });

  it('in activations: tensor and sample, nothing written', async () => {
    const first = [{ opType: 'Sqrt', input: ['x'], output: ['h'] }];
    const roots = file('model.onnx', smallModel({ first }));
    const calibration = await smallData({ sample: [7, -1] });
    await refuses({ model: roots, calibration }, 'activation-not-finite', ['tensor h', 'sample 7']);
  });
});

it('warns of raw bytes, and goes on', async () => {
  const { ended } = await tune({ evaluation: await smallData({ isRaw: true }) });
  expect(ended.stderr).toMatch(/warning: .*0 to 255.*\[evaluation-data\]/);
  expect([0, 3]).toContain(ended.code);
});
