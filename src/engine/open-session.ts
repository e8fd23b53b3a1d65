import { dependencies, version } from '../../package.json';
import { createRng } from '../base/rng.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { Dataset } from '../data/dataset.ts';
import type { SessionHeader } from '../history/session-record.ts';
import { modelCapability } from '../quantize/capability.ts';
import { accuracyCriterion } from '../tuning/criterion.ts';
import { buildSpace } from '../tuning/space.ts';
import { FLOAT_PRECISIONS } from '../tuning/strategies/float-precisions.ts';
import { STRATEGIES } from '../tuning/strategies/registry.ts';
import type { TuneStrategy } from '../tuning/types.ts';
import type { EvaluationSetup } from './evaluate.ts';
import { Feed } from './feed.ts';
import { openData, openMetric, openModel, openSettings, planFeed } from './open-inputs.ts';
import { openStrategy } from './outside.ts';
import { prepareModel } from './prepare.ts';
import { openTarget, spaceOn } from './target.ts';
import type { Platform, TuneInput } from './tune-input.ts';

/** The header before the baseline has set the goal. */
export type OpenHeader = Omit<SessionHeader, 'goal'>;

/** Everything that is known before the float model has run on the data. */
export type OpenSession = Awaited<ReturnType<typeof openSession>>;

/** Reads everything that the user gave. Throws the faults of bad input. */
export async function openSession(input: TuneInput, platform: Platform) {
  const { pool, clock, control, startedAt, outside } = platform;
  const { settings: given, warnings } = openSettings(input.config);
  const settings = input.seed === undefined ? given : { ...given, tuning: { ...given.tuning, randomSeed: input.seed } };
  const target = await openTarget(settings.device, platform);
  const isFloat = target.provider === 'webgpu';
  const custom = input.strategy && !isFloat ? await openStrategy(input.strategy, outside) : null;
  const { loaded, info } = await openModel(input.model, pool);
  const data = await openData(input, info.inputs, settings);
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
      ...(data.holdOut && { holdOut: await dataIdentity(data.holdOut) }),
    },
    settings,
    ...(custom && { customStrategy: custom.identity }),
    metric: metric.name,
    startedAt,
  };
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

async function dataIdentity(dataset: Dataset): Promise<SessionHeader['data']['evaluation']> {
  return { name: dataset.name, sha256: await dataset.sha256(), samples: dataset.count };
}
