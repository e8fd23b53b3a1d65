import { dependencies, version } from '../../package.json';
import type { Warning } from '../base/fault-codes.ts';
import { createRng } from '../base/rng.ts';
import type { SessionHeader, SessionRecord, StoredRanges } from '../history/session-record.ts';
import { encodeModel } from '../onnx/encode.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { OpConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { settingsToYaml } from '../tuning/config/parse.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { criterionTarget } from '../tuning/criterion.ts';
import { drive } from '../tuning/driver.ts';
import { checkResumable } from '../tuning/journal.ts';
import { buildSpace } from '../tuning/space.ts';
import { strategies } from '../tuning/strategies/registry.ts';
import type { StopReason, Trial, TuningSpace } from '../tuning/types.ts';
import { measureBaseline } from './baseline.ts';
import type { OpenedInputs } from './events.ts';
import { calibrate } from './calibrate.ts';
import type { EvaluationSetup } from './evaluate.ts';
import { Feed } from './feed.ts';
import { openData, openMetric, openModel, openSettings, planFeed } from './open-inputs.ts';
import { checkParity } from './parity.ts';
import { prepareModel } from './prepare.ts';
import { progressReporter } from './progress.ts';
import { Stopwatch } from './stopwatch.ts';
import { EngineTrialRunner } from './trial-runner.ts';
import type { Platform, TuneInput } from './tune-input.ts';

export interface TuneResult {
  readonly record: SessionRecord;
  readonly settings: TuneSettings;
  readonly met: boolean;
  readonly stopReason: StopReason;
  /** The offered trial and its model; null where no model could be made at all. */
  readonly best: { readonly trial: Trial; readonly model: Uint8Array; readonly ops: readonly OpReport[] } | null;
}

/** One tuning session from dropped files to the offered model. Throws faults for bad input before anything is stored. */
export async function tune(input: TuneInput, platform: Platform): Promise<TuneResult> {
  const { pool, store, clock, control, emit } = platform;
  const stopwatch = new Stopwatch(clock);
  const warn = (warnings: readonly Warning[]): void =>
    warnings.forEach((warning) => emit({ type: 'warning', warning }));

  emit({ type: 'stage', stage: 'reading', detail: 'Reading configuration, model and data' });
  const { settings, warnings } = openSettings(input.config);
  warn(warnings);
  const opened = await openModel(input.model, pool);
  warn(opened.warnings);
  const { loaded, info } = opened;
  const data = await openData(input, info.inputs, settings);
  const { metric, options: metricOptions } = openMetric(settings, data.evaluation);
  warn(data.warnings);
  const { plan, inputDims } = await planFeed(info.inputs, data.evaluation);
  const header: SessionHeader = {
    format: 'octet-session/1',
    octet: version,
    runtime: { provider: 'wasm', version: dependencies['onnxruntime-web'], threads: 1 },
    model: { name: loaded.path, sha256: loaded.sha256, sizeBytes: loaded.bytes.length },
    data: { calibration: await identity(data.calibration), evaluation: await identity(data.evaluation) },
    yaml: settingsToYaml(settings),
    startedAt: platform.startedAt,
  };
  emit({ type: 'opened', opened: describe(header, metric.name, settings) });
  const prepared = prepareModel(loaded.bytes, inputDims);
  warn(prepared.warnings);
  const { space, warnings: spaceWarnings } = buildSpace(modelCapability(prepared.model), settings);
  warn(spaceWarnings);
  const stored = await store.load();
  if (stored) checkResumable(stored.header, header);
  else await store.begin(header);

  const setup: EvaluationSetup = {
    pool,
    feed: new Feed('evaluation', data.evaluation, plan),
    metric,
    metricOptions,
    output: info.outputs[0] as string,
    control,
    clock,
  };
  const cleaned = encodeModel(prepared.model.graph.model);
  const { baseline, values } = await stopwatch.time('baseline', async () => {
    await checkParity(pool, setup.feed, loaded.bytes, cleaned, setup.output);
    return measureBaseline(setup, loaded.bytes, stored?.baseline ?? null, emit);
  });
  if (!stored?.baseline) await store.saveBaseline(baseline, Array.from(values));
  emit({ type: 'baseline', baseline, target: criterionTarget(baseline.score, settings.tuning.accuracyCriterion) });

  const calibrationFeed = (samples: number): Feed => new Feed(`calibration-${samples}`, data.calibration, plan, samples);
  const known = new Map<number, StoredRanges>(Object.entries(stored?.ranges ?? {}).map(([size, r]) => [Number(size), r]));
  const ranges = async (samplingSize: number): Promise<StoredRanges> => {
    const found = known.get(samplingSize);
    if (found) return found;
    const feed = calibrationFeed(samplingSize);
    if (feed.count < samplingSize) warn([fewSamples(samplingSize, feed.count)]);
    const detail = `Calibrating on ${feed.count} samples`;
    emit({ type: 'stage', stage: 'calibration', detail });
    const report = progressReporter(clock, emit, 'calibration', detail);
    const made = await stopwatch.time('calibration', () =>
      calibrate(pool, prepared.model, spaceTensors(prepared.model, space), feed, control, report),
    );
    known.set(samplingSize, made);
    await store.saveRanges(samplingSize, made);
    emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
    return made;
  };

  let report: (share: number) => void = () => undefined;
  const runner = new EngineTrialRunner({
    model: prepared.model,
    floatBytes: loaded.bytes,
    floatValues: values,
    setup,
    ranges,
    stopwatch,
    onSamples: (done) => report(done / setup.feed.count),
  });
  emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
  const strategy = strategies.get(settings.tuning.strategy.name);
  const outcome = await drive({
    space,
    strategy: strategy as NonNullable<typeof strategy>,
    settings,
    baseline,
    runner,
    journal: { trials: async () => stored?.trials ?? [], append: (trial) => store.appendTrial(trial) },
    rng: createRng(input.seed ?? settings.tuning.randomSeed),
    clock,
    signal: control.signal,
    waitIfPaused: () => control.waitIfPaused(),
    onStart: (number, stage) => {
      report = progressReporter(clock, emit, 'tuning', `Trial ${number}: ${stage}`);
    },
    onTrial: (trial, best) => emit({ type: 'trial', trial, best }),
    onWarning: (warning) => warn([warning]),
  });

  emit({ type: 'stage', stage: 'verification', detail: 'Building the offered model' });
  const best = outcome.best ? await offer(runner, outcome.best) : null;
  const { met, stopReason } = outcome;
  const finished = { best: best?.trial.number ?? null, met, stopReason, seconds: stopwatch.seconds() };
  if (stopReason !== 'stopped') await store.finish(finished);
  const record = (await store.load()) as SessionRecord;
  return { record: { ...record, outcome: finished }, settings, met, stopReason, best };
}

async function offer(runner: EngineTrialRunner, trial: Trial): Promise<TuneResult['best']> {
  const { bytes, ops } = await runner.rebuild(trial);
  return { trial, model: bytes, ops };
}

async function identity(dataset: { name: string; count: number; sha256(): Promise<string> }): Promise<
  SessionHeader['data']['evaluation']
> {
  return { name: dataset.name, sha256: await dataset.sha256(), samples: dataset.count };
}

function describe({ model, data }: SessionHeader, metric: string, settings: TuneSettings): OpenedInputs {
  return {
    model,
    data,
    metric,
    strategy: settings.tuning.strategy.name,
    maxTrials: settings.tuning.exitPolicy.maxTrials,
  };
}

/** Every tensor that some config of the space may quantize: one calibration serves them all. */
function spaceTensors(model: PreparedModel, space: TuningSpace): string[] {
  const ops = Object.fromEntries(space.ops.map(({ name, int8 }): [string, OpConfig] => [name, int8.find(({ mode }) => mode === 'static') ?? 'fp32']));
  return calibrationTensors(model, selectOps(model, { ops, weightStorage: 'float32' }));
}

function fewSamples(wanted: number, available: number): Warning {
  return {
    code: 'few-calibration-samples',
    message: `sampling_size is ${wanted}, the calibration data have ${available} samples: all of them are used.`,
  };
}
