import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefused, lastLine, LENET, octet, scratch, tuneArguments } from './octet.ts';
import { configWith, historyOf } from './results.ts';

const LOOSE = ['relative: 0.01', 'absolute: 0.07'] as const;
const SEVERAL = (more = ''): readonly [string, string] => [
  'metric:\n      topk: 1',
  `multi_metrics:\n      topk: 1\n      agreement: {}${more}`,
];

describe.concurrent('several metrics', { timeout: 120_000 }, () => {
  it('must each meet the criterion where they have no weights', async () => {
    const output = scratch();
    const args = tuneArguments(output, { config: configWith(SEVERAL(), LOOSE) });
    expect(await octet(...args)).toMatchObject({ code: 0 });
    const { baseline, trials, best } = historyOf(output);
    expect(baseline).toMatchObject({ samples: 300, scores: { agreement: 1 } });
    const { topk, agreement } = baseline!.scores as { topk: number; agreement: number };
    expect(baseline!.score).toBeCloseTo((topk + agreement) / 2, 12);
    for (const { met, score, scores, samplesEvaluated, status } of trials) {
      expect({ status, samplesEvaluated }).toEqual({ status: 'complete', samplesEvaluated: 300 });
      expect(score).toBeCloseTo((scores!['topk']! + scores!['agreement']!) / 2, 12);
      expect(met).toBe(scores!['topk']! >= topk - 0.07 && scores!['agreement']! >= agreement - 0.07);
    }
    // The mean alone would not tell: here it meets, and so does topk, but agreement does not.
    const missed = trials.find(({ number }) => number === 1)!;
    expect(missed.scores!['topk']).toBeGreaterThan(topk - 0.07);
    expect(missed.score).toBeGreaterThan(baseline!.score - 0.07);
    expect(missed.met).toBe(false);
    expect(trials.find(({ number }) => number === best)!.met).toBe(true);
    const told = `(accuracy ${topk.toFixed(4)}, agreement with the float model 1.0000)`;
    expect(readFileSync(join(output, 'report.html'), 'utf8')).toContain(told);
    // A resumed session makes the float model's outputs again and repeats nothing.
    const before = historyOf(output);
    expect(await octet(...args, '--resume')).toMatchObject({ code: 0 });
    expect(historyOf(output).trials).toEqual(before.trials);
  });

  it('are weighed where they have weights, on held-out samples too', async () => {
    const output = scratch();
    const ACCURACY = ['accuracy:', 'accuracy:\n    hold_out: 20%'] as const;
    const config = configWith(SEVERAL('\n      weight: [3, 1]'), ['relative: 0.01', 'absolute: 0.2'], ACCURACY);
    expect(await octet(...tuneArguments(output, { config }))).toMatchObject({ code: 0 });
    const { baseline, trials, holdOut } = historyOf(output);
    const weighed = (scores: Readonly<Record<string, number>>): number =>
      (3 * scores['topk']! + scores['agreement']!) / 2;
    expect(baseline!.score).toBeCloseTo(weighed(baseline!.scores!), 12);
    for (const { met, score, scores } of trials) {
      expect(score).toBeCloseTo(weighed(scores!), 12);
      expect(met).toBe(score! >= baseline!.score - 0.2);
    }
    expect(holdOut!.score).toBeCloseTo(weighed(holdOut!.scores!), 12);
    expect(holdOut!.baselineScore).toBeCloseTo(weighed(holdOut!.baselineScores!), 12);
    const scored = await octet(
      'evaluate',
      join(output, 'model.int8.onnx'),
      '--evaluation',
      LENET.evaluation,
      '--config',
      config,
      '--json',
    );
    const told = lastLine(scored.stdout) as { score: number; scores: Record<string, number>; samples: number };
    // A model alone is its own reference: only topk can be compared.
    expect(told).toMatchObject({ samples: 300, metric: 'topk + agreement', scores: { agreement: 1 } });
    const share =
      0.8 * trials.find(({ number }) => number === historyOf(output).best)!.scores!['topk']! +
      0.2 * holdOut!.scores!['topk']!;
    expect(told.scores['topk']).toBeCloseTo(share, 12);
  });

  it('are refused where they do not agree on a direction', async () => {
    const output = scratch();
    const mixed = configWith(['metric:\n      topk: 1', 'multi_metrics:\n      topk: 1\n      MAE: {}']);
    const words = ['multi_metrics', 'topk: higher is better, MAE: lower is better'];
    expectRefused(await octet(...tuneArguments(output, { config: mixed })), 'config-contradiction', words, output);
  });

  it('are refused where no weight counts', async () => {
    const output = scratch();
    const config = configWith(SEVERAL('\n      weight: [0, 0]'));
    expectRefused(await octet(...tuneArguments(output, { config })), 'config-invalid-value', ['weight'], output);
  });
});
