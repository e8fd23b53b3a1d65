import { dependencies, version } from '../../package.json';
import { createRng } from '../base/rng.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import type { SessionHeader, SessionRecord } from '../history/session-record.ts';
import { modelCapability } from '../quantize/capability.ts';
import { accuracyCriterion } from '../tuning/criterion.ts';
import { checkResumable } from '../tuning/journal.ts';
import { buildSpace } from '../tuning/space.ts';
import { FLOAT_PRECISIONS } from '../tuning/strategies/float-precisions.ts';
import { STRATEGIES } from '../tuning/strategies/registry.ts';
import type { TuneStrategy } from '../tuning/types.ts';
import { withArrays } from './array-choice.ts';
import type { EvaluationSetup } from './evaluate.ts';
import { Feed } from './feed.ts';
import { modelClassNames } from './model-class-names.ts';
import { needsLabels, openData, openMetric, openModel, openSettings, planFeed } from './open-inputs.ts';
import { openStrategy } from './outside.ts';
import { prepareModel } from './prepare.ts';
import { decidePreprocessing, withPreprocessing } from './preprocessing.ts';
import { progressReporter } from './progress.ts';
import { identityOf } from './session-identity.ts';
import { openTarget, spaceOn } from './target.ts';
import type { Platform, TuneInput } from './tune-input.ts';

/** The header before the baseline has set the goal. */
export type OpenHeader = Omit<SessionHeader, 'goal'>;

/** Everything that is known before the float model has run on the data. */
export type OpenSession = Awaited<ReturnType<typeof openSession>>;

/**
 * Reads everything that the user gave, and finds what to do to the samples. Throws the faults of bad input, and `journal-mismatch`
 * where they are not those of the `stored` session.
 */
export async function openSession(input: TuneInput, platform: Platform, stored: SessionRecord | null) {
  const { pool, clock, control, startedAt, outside } = platform;
  const { settings: stated, warnings } = openSettings(input.config);
  const given = withArrays(stated, input.arrays);
  const seeded = input.seed === undefined ? given : { ...given, tuning: { ...given.tuning, randomSeed: input.seed } };
  const target = await openTarget(seeded.device, platform);
  const isFloat = target.provider === 'webgpu';
  const scoresOnGpu = !isFloat && seeded.evaluation.accuracy.device === 'gpu';
  const scoring = scoresOnGpu ? await openTarget('gpu', platform, 'evaluation.accuracy.device') : null;
  const calibratesOnGpu = !isFloat && seeded.quantization.calibration.device === 'gpu';
  const calibrating = calibratesOnGpu ? await openTarget('gpu', platform, 'quantization.calibration.device') : target;
  const custom = input.strategy && !isFloat ? await openStrategy(input.strategy, outside) : null;
  const opened = await openModel(input.model, pool);
  const { loaded, info } = opened;
  const classNames = modelClassNames(loaded);
  const preprocessing = await preprocessingOf(input, platform, stored, { opened, settings: seeded, classNames });
  const settings = withPreprocessing(seeded, preprocessing);
  const splits = !stored || stored.header.data.splitSeed !== undefined;
  const data = await openData(input, info.inputs, settings, { classNames, splits });
  const { metric, options: metricOptions } = openMetric(settings, data.evaluation);
  // As `octet quantize`, which has no other data, so that it makes the same model.
  const { plan, inputDims } = await planFeed(info.inputs, data.calibration);
  const { model: prepared, warnings: cleanUpWarnings } = prepareModel(loaded.bytes, inputDims);
  const capability = modelCapability(prepared);
  const built = buildSpace(capability, settings);
  const { space, warnings: targetWarnings } = spaceOn(target, built.space);
  const header: OpenHeader = {
    format: 'octet-session/1',
    octet: version,
    runtime: {
      provider: target.provider,
      version: dependencies['onnxruntime-web'],
      threads: 1,
      ...(isFloat && { device: target.device.name }),
    },
    model: { name: loaded.path, sha256: loaded.sha256, sizeBytes: loaded.bytes.length },
    data: {
      calibration: await dataIdentity(data.calibration),
      evaluation: await dataIdentity(data.evaluation),
      ...(data.splitSeed !== undefined && { splitSeed: data.splitSeed }),
      ...(data.holdOut && { holdOut: await dataIdentity(data.holdOut) }),
    },
    settings,
    ...(preprocessing && { preprocessing }),
    ...(custom && { customStrategy: custom.identity }),
    metric: metric.name,
    startedAt,
  };
  if (stored) checkResumable(identityOf(stored.header), identityOf(header));
  const feed = new Feed('evaluation', data.evaluation, plan).shuffled(createRng(settings.tuning.randomSeed));
  const setup: EvaluationSetup = {
    pool: target.pool,
    feed,
    metric,
    metricOptions,
    output: info.outputs[0] as string,
    control,
    clock,
  };
  const all: readonly Warning[] = [
    ...warnings,
    ...loaded.warnings,
    ...data.warnings,
    ...cleanUpWarnings,
    ...built.warnings,
    ...targetWarnings,
  ];
  return {
    target,
    /** Where int8 models are scored first, in float; null: nowhere but on the target. */
    scoring,
    /** Where the float model is calibrated. */
    calibrating,
    header,
    settings,
    bytes: loaded.bytes,
    prepared,
    capability,
    inputDims,
    space,
    setup,
    strategy: isFloat
      ? FLOAT_PRECISIONS
      : (custom?.strategy ?? (STRATEGIES.find(({ name }) => name === settings.tuning.strategy.name) as TuneStrategy)),
    criterion: accuracyCriterion(
      settings.tuning.accuracyCriterion,
      metric.higherIsBetter,
      settings.evaluation.accuracy.multiMetrics?.weight === null,
    ),
    /** The first samples of the calibration data; `purpose` tells feeds of equal size apart. */
    calibrationFeed: (samples: number, purpose = 'calibration') =>
      new Feed(`${purpose}-${samples}`, data.calibration, plan, samples),
    holdOutFeed: data.holdOut && new Feed('hold-out', data.holdOut, plan),
    warnings: all,
  };
}

/** A resumed session goes on with what its beginning decided; sessions of early versions decided nothing. */
async function preprocessingOf(
  { evaluation, calibration, preprocessing: chosen }: TuneInput,
  { pool, control, clock, emit }: Platform,
  stored: SessionRecord | null,
  given: Pick<Parameters<typeof decidePreprocessing>[0], 'opened' | 'settings' | 'classNames'>,
): Promise<Preprocessing | null> {
  const known = stored ? stored.header.preprocessing : chosen;
  if (stored && !known) return null;
  const onShare = progressReporter(clock, emit, 'reading', 'Finding the preprocessing that the model was made for');
  const files = { files: evaluation, calibration, needsLabels: needsLabels(given.settings) };
  return decidePreprocessing({ ...given, ...files, chosen: known, pool, control, onShare });
}

async function dataIdentity(dataset: Dataset): Promise<SessionHeader['data']['evaluation']> {
  return { name: dataset.name, sha256: await dataset.sha256(), samples: dataset.count };
}
