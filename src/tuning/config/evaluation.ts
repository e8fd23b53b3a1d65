import { dataloader } from './dataloader.ts';
import type { DataloaderSettings } from './dataloader.ts';
import { multiMetrics } from './multi-metrics.ts';
import type { MultiMetrics } from './multi-metrics.ts';
import { oneNamed } from './named.ts';
import type { Names, NamedSpec, Vocabulary } from './named.ts';
import { anyText, integer, oneOf, share } from './scalars.ts';
import { key, nullable, section } from './shape.ts';
import type { Section, Shape } from './shape.ts';

export interface Postprocess {
  readonly transform: {
    /** Subtracted from the labels. */
    readonly labelShift: number;
  };
}

export interface AccuracySettings {
  /** Null: chosen by the data. */
  readonly metric: NamedSpec | null;
  readonly multiMetrics: MultiMetrics | null;
  /** Batches to evaluate; -1: all. */
  readonly iteration: number;
  readonly dataloader: DataloaderSettings | null;
  readonly postprocess: Postprocess;
  /** Share of the samples that no trial sees; null: Octet's default. */
  readonly holdOut: number | null;
  /** Where models with static int8 ops are scored first; `gpu`: as floats on WebGPU. */
  readonly device: 'cpu' | 'gpu';
}

export interface PerformanceSettings {
  readonly warmup: number;
  readonly iteration: number;
  readonly dataloader: DataloaderSettings | null;
  readonly postprocess: Postprocess;
}

export interface EvaluationSettings {
  readonly accuracy: AccuracySettings;
  readonly performance: PerformanceSettings | null;
}

const OTHER_METRICS =
  'topk Accuracy F1 MSE RMSE MAE Loss mAP COCOmAP COCOmAPv2 VOCmAP GLUE SquadF1 mIOU BLEU ROC'.split(' ');

const labelTransforms = section(
  { labelShift: key('LabelShift', integer(), 0, 'Subtracted from the labels.') },
  {
    unsupported: Object.fromEntries(
      ['Collect', 'SquadV1', 'SquadV1ModelZoo'].map((name) => [name, 'it is for text models of other frameworks.']),
    ),
  },
);
const postprocess = section({
  transform: key('transform', labelTransforms, labelTransforms.defaults, 'What is done to labels.'),
});

const perProcess = { unused: 'Octet measures with one thread.' };
const configs = section(
  Object.fromEntries(
    [
      'cores_per_instance',
      'num_of_instance',
      'inter_num_of_threads',
      'intra_num_of_threads',
      'kmp_blocktime',
      'kmp_affinity',
    ].map((name) => [name, key(name, nullable(anyText), null, 'A setting of the benchmark.', perProcess)]),
  ),
);

const iteration: Shape<number> = {
  accepts: 'a number of batches, at least 1, or -1 for all',
  read(cursor) {
    const batches = integer().read(cursor);
    if (batches < 1 && batches !== -1) throw cursor.invalid(this.accepts);
    return batches;
  },
  write: (value) => value,
};

/** The YAML section `evaluation`. */
export function evaluation(vocabulary: Vocabulary): Section<EvaluationSettings> {
  const metrics: Names = { noun: 'metric', declared: vocabulary.metrics, elsewhere: OTHER_METRICS };
  const shared = {
    iteration: key('iteration', iteration, -1, 'Batches to evaluate; -1: all.'),
    configs: key('configs', nullable(configs), null, 'Settings of the benchmark.'),
    dataloader: key('dataloader', nullable(dataloader(vocabulary)), null, 'How evaluation samples are read.'),
    postprocess: key('postprocess', postprocess, postprocess.defaults, 'What is done before the metric.'),
  };
  const accuracy = section(
    {
      metric: key('metric', nullable(oneNamed(metrics)), null, 'What the score is.'),
      multiMetrics: key('multi_metrics', nullable(multiMetrics(metrics)), null, 'Several metrics instead of one.'),
      holdOut: key(
        'hold_out',
        nullable(share('a share from 0 to 0.9, such as 0.2 or 20%', (value) => value >= 0 && value <= 0.9)),
        null,
        'Share of the samples that no trial sees, for the score at the end; 20 % of 500 and more by default. A key of Octet.',
      ),
      device: key(
        'device',
        oneOf(['cpu', 'gpu']),
        'cpu',
        'Where int8 models are scored: cpu, or gpu (in float on WebGPU, on the page only; what meets the criterion there is scored on WASM before it counts). A key of Octet.',
      ),
      ...shared,
    },
    {
      check(value, cursor) {
        if (value.metric !== null && value.multiMetrics !== null) {
          const message = 'metric and multi_metrics exclude each other.';
          throw cursor.fault('config-contradiction', { message, next: 'Keep one of them.' });
        }
        return value;
      },
    },
  );
  const performance = section({
    warmup: key('warmup', integer({ min: 0 }), 5, 'Runs before the clock starts.'),
    ...shared,
  });
  return section({
    accuracy: key('accuracy', accuracy, accuracy.defaults, 'How the score is measured.'),
    performance: key('performance', nullable(performance), null, 'How the benchmark is run.', {
      unused: 'latency is measured by the tuning itself.',
    }),
  });
}
