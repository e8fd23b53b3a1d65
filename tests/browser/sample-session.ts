import type { SessionHeader, SessionOutcome, StoredRanges } from '../../src/history/session-record.ts';
import type { TuneReport } from '../../src/history/tune-report.ts';
import type { Baseline, Trial } from '../../src/tuning/types.ts';

/** A small session, as the engine would tell it. */
export const header: SessionHeader = {
  format: 'octet-session/1',
  octet: '0.1.0',
  runtime: { provider: 'wasm', version: '1.30.0', threads: 1 },
  model: { name: 'mobilenet.onnx', sha256: 'a'.repeat(64), sizeBytes: 4000 },
  data: {
    calibration: { name: 'calib.npz', sha256: 'b'.repeat(64), samples: 10 },
    evaluation: { name: 'eval.npz', sha256: 'c'.repeat(64), samples: 4 },
  },
  settings: {
    evaluation: { accuracy: { metric: null, multiMetrics: null } },
    tuning: { randomSeed: 1 },
  } as SessionHeader['settings'],
  metric: 'topk',
  goal: { target: 0.74, higherIsBetter: true },
  startedAt: '2026-01-02T03:04:05.000Z',
};

export const baseline: Baseline = { score: 0.75, latencyMs: 1.5, sizeBytes: 4000, seconds: 2, samples: 4 };

export function sampleTrial(number: number, score: number): Trial {
  return {
    number,
    stage: number === 0 ? 'weight storage' : 'model-wise',
    config: { ops: { conv1: 'fp32' }, weightStorage: 'auto', samplingSize: 10 },
    status: 'complete',
    score,
    met: score >= 0.74,
    samplesEvaluated: 4,
    sizeBytes: 1000 + number,
    latencyMs: 1,
    latencyRatio: 0.7,
    difference: { mean: score - 0.75, halfWidth: 0.01 },
    seconds: 0.5,
    modelSha256: String(number).repeat(64).slice(0, 64),
  };
}

export const outcome: SessionOutcome = {
  best: 1,
  met: true,
  stopReason: 'criterion-met',
  seconds: { total: 5, baseline: 2, calibration: 1, rewrite: 0.1, session: 0.2, evaluation: 1, latency: 0.7 },
};

export const sampleRanges: StoredRanges = {
  plain: {
    ranges: { minmax: { x: { min: 0, max: 1 } }, percentile: {}, kl: {}, mse: {} },
    loudest: { x: [1, 0.5] },
    means: { x: [0.25, 0.5] },
  },
};

export const report: TuneReport = {
  record: {
    header,
    baseline: { baseline, values: [1, 1, 1, 0] },
    ranges: { 10: sampleRanges },
    trials: [sampleTrial(0, 0.7), sampleTrial(1, 0.75)],
    probes: { 'a probe': { errors: { conv1: 0.25 }, samplesEvaluated: 8, seconds: 0.5 } },
    notes: { costs: { conv1: [1, 0.5] } },
    outcome,
  },
  explanation: 'Stopped at trial 1; it meets the criterion.',
  offer: {
    trial: 1,
    model: new Uint8Array([8, 9, 10]),
    ops: [
      { name: 'conv1', opType: 'Conv', precision: 'int8' },
      { name: 'relu1', opType: 'Relu', precision: 'float32', reason: 'no integer kernel' },
      { name: 'relu2', opType: 'Relu', precision: 'float32', reason: 'no integer kernel' },
    ],
    yaml: 'tuning:\n  random_seed: 1\n',
    recipe: {
      format: 'octet-recipe/1',
      octet: '0.1.0',
      model: { name: 'mobilenet.onnx', sha256: 'a'.repeat(64) },
      int8Sha256: 'd'.repeat(64),
      config: { ops: { conv1: 'fp32' }, weightStorage: 'auto', samplingSize: 10 },
      ranges: { minmax: { x: { min: 0, max: 1 } } },
      inputDims: { x: [1, 3] },
    },
  },
};
