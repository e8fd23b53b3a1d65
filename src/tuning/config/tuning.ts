import type { ExitPolicy } from '../types.ts';
import { listOf } from './lists.ts';
import type { NamedSpec, Vocabulary } from './named.ts';
import { anyText, flag, integer, oneOf, real, share } from './scalars.ts';
import { key, nullable, section } from './shape.ts';
import type { Section, Shape } from './shape.ts';
import { strategy } from './strategy.ts';

/** `performance`: lowest latency; `footprint`: least memory of an inference; `modelsize`: smallest file. */
export type Objective = 'performance' | 'accuracy' | 'footprint' | 'modelsize';

export interface CriterionSettings {
  readonly kind: 'relative' | 'absolute';
  readonly tolerance: number;
  /** Null: the direction of the metric. */
  readonly higherIsBetter: boolean | null;
}

export interface TuningSettings {
  readonly strategy: NamedSpec;
  readonly accuracyCriterion: CriterionSettings;
  readonly objective: Objective;
  readonly multiObjectives: MultiObjectives | null;
  readonly exitPolicy: ExitPolicy;
  readonly randomSeed: number;
}

const criterionKeys = section(
  {
    relative: key(
      'relative',
      nullable(share('a share between -1 and 1, such as 0.01 or 1%', (value) => value > -1 && value < 1)),
      null,
      'Allowed loss as a share of the float score.',
    ),
    absolute: key(
      'absolute',
      nullable(share('a number or a percentage', () => true)),
      null,
      'Allowed loss in points of the score.',
    ),
    higherIsBetter: key(
      'higher_is_better',
      nullable(flag),
      null,
      'Direction of the score; by default that of the metric.',
    ),
  },
  {
    check(value, cursor) {
      if (value.relative !== null && value.absolute !== null) {
        const message = 'relative and absolute exclude each other.';
        throw cursor.fault('config-contradiction', { message, found: cursor.found(), next: 'Keep one of them.' });
      }
      if (value.relative === null && value.absolute === null) {
        cursor.warn(
          'config-key-absent',
          `${cursor.path} names neither relative nor absolute; relative: 0.01 is assumed.`,
        );
      }
      return value;
    },
  },
);

const DEFAULT_CRITERION: CriterionSettings = { kind: 'relative', tolerance: 0.01, higherIsBetter: null };

const accuracyCriterion: Shape<CriterionSettings> = {
  accepts: criterionKeys.accepts,
  read(cursor) {
    const { relative, absolute, higherIsBetter } = criterionKeys.read(cursor);
    if (absolute !== null) return { kind: 'absolute', tolerance: absolute, higherIsBetter };
    return { kind: 'relative', tolerance: relative ?? DEFAULT_CRITERION.tolerance, higherIsBetter };
  },
  write: ({ kind, tolerance, higherIsBetter }) =>
    criterionKeys.write({ relative: null, absolute: null, [kind]: tolerance, higherIsBetter }),
};

const objective = oneOf(['performance', 'accuracy', 'footprint', 'modelsize']);

export interface MultiObjectives {
  readonly objective: readonly Objective[];
  /** One per objective; null: equal weights. */
  readonly weight: readonly number[] | null;
  /** One per objective; null: the direction that the objective has by its nature. */
  readonly higherIsBetter: readonly boolean[] | null;
}

const multiObjectives: Section<MultiObjectives> = section(
  {
    objective: key('objective', listOf(objective), [], 'Objectives to weigh.'),
    weight: key('weight', nullable(listOf(real({ min: 0 }))), null, 'Their weights; equal where not given.'),
    higherIsBetter: key(
      'higher_is_better',
      nullable(listOf(flag)),
      null,
      'Their directions; without, accuracy that of the metric, the rest lower is better.',
    ),
  },
  {
    check(value, cursor) {
      const count = value.objective.length;
      if (count === 0) throw cursor.invalid('at least one objective');
      if (value.weight !== null && value.weight.length !== count)
        throw cursor.invalid(`${count} weights, one for each objective`);
      const { higherIsBetter } = value;
      if (higherIsBetter === null) return value;
      if (higherIsBetter.length !== count && higherIsBetter.length !== 1)
        throw cursor.invalid(`${count} directions, one for each objective, or one for all`);
      const directions = value.objective.map((_, i) => higherIsBetter[i] ?? higherIsBetter[0] ?? false);
      for (const [i, name] of value.objective.entries()) {
        if (directions[i] !== (name === 'accuracy')) {
          const wish = `${name} with higher_is_better: ${String(directions[i])}`;
          cursor.warn(
            'config-direction',
            `${cursor.path} weighs ${wish}, as it says; that prefers worse models${name === 'accuracy' ? ', unless lower scores are better' : ''}.`,
          );
        }
      }
      return { ...value, higherIsBetter: directions };
    },
  },
);

const exitPolicy = section({
  timeoutSeconds: key(
    'timeout',
    integer({ min: 0 }),
    0,
    'Seconds; 0: stop at the first model that meets the criterion.',
  ),
  maxTrials: key(
    'max_trials',
    integer({ min: 1 }),
    100,
    'Trials of the strategy; duplicates and the compact model are free.',
  ),
  performanceOnly: key('performance_only', flag, false, 'Takes the first config, whatever its score.'),
  earlyStopping: key(
    'early_stopping',
    oneOf(['racing', 'exact', 'off']),
    'racing',
    'Ends a trial once it is nearly (racing) or quite (exact) certain to miss the criterion; a key of Octet.',
  ),
});

const journal = { unused: 'sessions are kept and resumed by Octet itself.' };
const workspace = section({
  path: key('path', nullable(anyText), null, 'Folder of the history.', journal),
  resume: key('resume', nullable(anyText), null, 'History to resume.', journal),
});

const inspected = { unused: 'Octet reports the sensitivity of every op anyway.' };
const diagnosis = section({
  afterTuning: key('diagnosis_after_tuning', flag, false, 'Dumps tensors at the end.', inspected),
  opList: key('op_list', listOf(anyText), [], 'Ops to dump.', inspected),
  iterationList: key('iteration_list', listOf(integer()), [], 'Batches to dump.', inspected),
  inspectType: key('inspect_type', oneOf(['all', 'activation', 'weight']), 'all', 'What to dump.', inspected),
  saveToDisk: key('save_to_disk', flag, true, 'Whether to keep the dump.', inspected),
  savePath: key('save_path', nullable(anyText), null, 'Where to keep the dump.', inspected),
});

/** The YAML section `tuning`. */
export function tuning(vocabulary: Vocabulary): Section<TuningSettings> {
  const [first] = vocabulary.strategies;
  const defaults = Object.entries(first?.options ?? {}).map(([name, { default: value }]) => [name, value ?? null]);
  const defaultStrategy: NamedSpec = { name: first?.name ?? '', options: Object.fromEntries(defaults) };
  return section({
    strategy: key('strategy', strategy(vocabulary), defaultStrategy, 'The order in which configs are tried.'),
    accuracyCriterion: key(
      'accuracy_criterion',
      accuracyCriterion,
      DEFAULT_CRITERION,
      'How much accuracy may be lost.',
    ),
    objective: key('objective', objective, 'performance', 'What is best among models that meet the criterion.'),
    multiObjectives: key('multi_objectives', nullable(multiObjectives), null, 'Several objectives, weighed.'),
    exitPolicy: key('exit_policy', exitPolicy, exitPolicy.defaults, 'When the search ends.'),
    randomSeed: key('random_seed', integer({ min: 0, max: 2 ** 31 - 1 }), 1978, 'Seed of every random choice.'),
    tensorboard: key('tensorboard', flag, false, 'Writes TensorBoard files.', { unused: 'the page shows the trials.' }),
    workspace: key('workspace', nullable(workspace), null, 'Where Neural Compressor keeps its history.'),
    diagnosis: key('diagnosis', nullable(diagnosis), null, 'What Neural Compressor dumps after tuning.'),
  });
}
