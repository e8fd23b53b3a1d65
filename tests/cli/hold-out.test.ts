import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefused, file, LENET, octet, scratch, tuneArguments } from './octet.ts';
import { configWith, historyOf } from './results.ts';
import { smallConfig, smallData, smallModel } from './small-model.ts';

const ACCURACY = ['accuracy:', 'accuracy:\n    hold_out: 20%'] as const;

describe.concurrent('held-out samples', { timeout: 120_000 }, () => {
  it('are seen by no trial, judge the offered model at the end, and cost a resumed session nothing', async () => {
    const output = scratch();
    const args = tuneArguments(output, { config: configWith(ACCURACY) });
    const ended = await octet(...args);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('60 samples that no trial saw') });
    expect(ended.stdout).toMatch(/held-out samples \(60\): score 0\.\d{4}, float 0\.\d{4} \([+−]0\.\d{4} ± 0\.\d{4}\)/);
    const history = historyOf(output);
    const { baseline, trials, best, data, holdOut } = history;
    expect(data).toMatchObject({ evaluation: { samples: 240 }, holdOut: { samples: 60 } });
    expect(baseline?.samples).toBe(240);
    expect(history.fullEvaluations).toBeCloseTo(trials.length + history.probes.samplesEvaluated / 240, 12);
    for (const { samplesEvaluated } of trials) expect(samplesEvaluated).toBe(240);
    const offered = trials.find(({ number }) => number === best)!;
    expect(holdOut!.samples).toBe(60);
    expect(holdOut!.met).toBe(holdOut!.score >= 0.99 * holdOut!.baselineScore);
    expect(holdOut!.difference.mean).toBeCloseTo(holdOut!.score - holdOut!.baselineScore, 12);
    // `octet evaluate` goes over all 300.
    const scored = await octet(
      'evaluate',
      join(output, 'model.int8.onnx'),
      '--evaluation',
      LENET.evaluation,
      '--config',
      LENET.config,
      '--json',
    );
    const { score } = JSON.parse(scored.stdout.trim().split('\n').at(-1)!) as { score: number };
    expect(holdOut!.allSamplesScore).toBeCloseTo(score, 12);
    expect(0.8 * offered.score! + 0.2 * holdOut!.score).toBeCloseTo(score, 12);
    expect(readFileSync(join(output, 'report.html'), 'utf8')).toContain('60 samples that no trial saw');

    const told = await octet('history', output);
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('[offered') });
    expect(told.stdout).toContain('60 samples that no trial saw');
    const csv = (await octet('history', output, '--csv')).stdout;
    expect(csv.trimEnd().split('\r\n')).toHaveLength(trials.length + 1);
    expect((await octet('history', scratch())).stderr).toContain('[file-unreadable]');

    const again = await octet(...args, '--resume');
    expect(again.stderr).not.toContain('no trial saw');
    expect(historyOf(output).holdOut).toEqual(holdOut);
  });

  it('come from a file of their own, without labels for a metric that needs none', async () => {
    const output = scratch();
    const unlabelled = await smallData({ count: 30, labels: null });
    const args = ['tune', file('model.onnx', smallModel()), '--evaluation', unlabelled];
    const config = smallConfig('evaluation: {accuracy: {metric: {agreement: {}}}}\ntuning: {objective: modelsize}\n');
    const ended = await octet(
      ...args,
      '--hold-out',
      await smallData({ count: 20, labels: null }),
      '--config',
      config,
      '--output',
      output,
    );
    expect(ended.stderr).not.toContain('[internal]');
    const { data, holdOut } = historyOf(output);
    expect(data).toMatchObject({ evaluation: { samples: 30 }, holdOut: { samples: 20 } });
    expect(holdOut).toMatchObject({ samples: 20, baselineScore: 1, allSamplesScore: null });
  });

  it('are refused without the labels that the metric needs', async () => {
    const output = scratch();
    const args = ['tune', file('model.onnx', smallModel()), '--evaluation', await smallData()];
    const ended = await octet(...args, '--hold-out', await smallData({ labels: null }), '--output', output);
    expectRefused(ended, 'data-labels-missing', [], output);
  });
});
