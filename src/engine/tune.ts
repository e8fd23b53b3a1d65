import { dependencies, version } from '../../package.json';
import type { Warning } from '../base/fault-codes.ts';
import type { Dataset } from '../data/dataset.ts';
import type { SessionHeader, SessionRecord } from '../history/session-record.ts';
import { encodeModel } from '../onnx/encode.ts';
import { modelCapability } from '../quantize/capability.ts';
import { accuracyCriterion, targetScore } from '../tuning/criterion.ts';
import { drive, type DriveResult } from '../tuning/driver.ts';
import { checkResumable, type JournalIdentity } from '../tuning/journal.ts';
import { buildSpace } from '../tuning/space.ts';
import { STRATEGIES } from '../tuning/strategies/registry.ts';
import type { TuneStrategy } from '../tuning/types.ts';
import { measureBaseline } from './baseline.ts';
import { Calibrator } from './calibrator.ts';
import type { EvaluationSetup } from './evaluate.ts';
import type { OpenedInputs } from './events.ts';
import { Feed } from './feed.ts';
import { openData, openMetric, openModel, openSettings, planFeed } from './open-inputs.ts';
import { checkParity } from './parity.ts';
import { prepareModel } from './prepare.ts';
import { progressReporter } from './progress.ts';
import { Stopwatch } from './stopwatch.ts';
import { tuneReport } from './tune-report.ts';
import { EngineTrialRunner } from './trial-runner.ts';
import type { Platform, TuneInput } from './tune-input.ts';
import type { TuneReport } from './tuner-api.ts';

/**
 * One tuning session from dropped files to the offered model. Throws the faults of bad input before anything is stored;
 * continues a session that the store already holds.
 */
export async function tune(input: TuneInput, platform: Platform): Promise<TuneReport> {
  const { store, clock, emit } = platform;
  const stopwatch = new Stopwatch(clock);
  emit({ type: 'stage', stage: 'reading', detail: 'Reading configuration, model and data' });
  const session = await openSession(input, platform);
  const { header, settings, prepared, space, setup, bytes, criterion } = session;
  for (const warning of session.warnings) emit({ type: 'warning', warning });
  emit({ type: 'opened', opened: describe(header) });

  const stored = await store.load();
  if (stored) checkResumable(identityOf(stored.header), identityOf(header));
  const { baseline, values } = await stopwatch.time('baseline', async () => {
    await checkParity(setup.pool, setup.feed, bytes, encodeModel(prepared.graph.model), setup.output);
    return measureBaseline(setup, bytes, stored?.baseline ?? null, emit);
  });
  if (!stored) await store.begin(header);
  if (!stored?.baseline) await store.saveBaseline(baseline, Array.from(values));
  emit({ type: 'baseline', baseline, target: targetScore(baseline.score, criterion) });

  const calibrator = new Calibrator(prepared, space, session.calibrationFeed, stored?.ranges ?? {}, platform, stopwatch);
  let stage = 'weight storage';
  let number = 0;
  let report: (share: number) => void = () => undefined;
  const runner = new EngineTrialRunner({
    model: prepared,
    floatBytes: bytes,
    floatValues: values,
    setup,
    calibrator,
    stopwatch,
    onStart: () => (report = progressReporter(clock, emit, 'tuning', `Trial ${number}: ${stage}`)),
    onSamples: (done) => report(done / setup.feed.count),
  });
  emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
  const outcome = await drive({
    space,
    strategy: session.strategy,
    settings,
    criterion,
    baseline,
    runner,
    journal: { trials: async () => stored?.trials ?? [], append: (trial) => store.appendTrial(trial) },
    clock,
    signal: platform.control.signal,
    waitIfPaused: () => platform.control.waitIfPaused(),
    onProposal: (proposal, at) => {
      stage = proposal.stage;
      number = at;
    },
    onTrial: (trial) => emit({ type: 'trial', trial }),
    onWarning: (warning) => emit({ type: 'warning', warning }),
  });
  emit({ type: 'stage', stage: 'verification', detail: 'Building the offered model' });
  const finished = finish(outcome, stopwatch);
  if (outcome.stopReason !== 'stopped') await store.finish(finished);
  const record = { ...((await store.load()) as SessionRecord), outcome: finished };
  return tuneReport({ record, outcome, session, runner, calibrator });
}

/** Everything that is known before the float model has run on the data. */
export type OpenSession = Awaited<ReturnType<typeof openSession>>;

async function openSession(input: TuneInput, { pool, clock, control, startedAt }: Platform) {
  const { settings: given, warnings } = openSettings(input.config);
  const settings =
    input.seed === undefined ? given : { ...given, tuning: { ...given.tuning, randomSeed: input.seed } };
  const { loaded, info } = await openModel(input.model, pool);
  const data = await openData(input, info.inputs, settings);
  const { metric, options: metricOptions } = openMetric(settings, data.evaluation);
  const { plan, inputDims } = await planFeed(info.inputs, data.evaluation);
  const { model: prepared, warnings: cleanUpWarnings } = prepareModel(loaded.bytes, inputDims);
  const { space, warnings: spaceWarnings } = buildSpace(modelCapability(prepared), settings);
  const header: SessionHeader = {
    format: 'octet-session/1',
    octet: version,
    runtime: { provider: 'wasm', version: dependencies['onnxruntime-web'], threads: 1 },
    model: { name: loaded.path, sha256: loaded.sha256, sizeBytes: loaded.bytes.length },
    data: { calibration: await dataIdentity(data.calibration), evaluation: await dataIdentity(data.evaluation) },
    settings,
    metric: metric.name,
    startedAt,
  };
  const feed = new Feed('evaluation', data.evaluation, plan);
  const setup: EvaluationSetup = { pool, feed, metric, metricOptions, output: info.outputs[0] as string, control, clock };
  const all: readonly Warning[] = [...warnings, ...loaded.warnings, ...data.warnings, ...cleanUpWarnings, ...spaceWarnings];
  return {
    header,
    settings,
    bytes: loaded.bytes,
    prepared,
    inputDims,
    space,
    setup,
    strategy: STRATEGIES.find(({ name }) => name === settings.tuning.strategy.name) as TuneStrategy,
    criterion: accuracyCriterion(settings.tuning.accuracyCriterion, metric.higherIsBetter),
    calibrationFeed: (samples: number) => new Feed(`calibration-${samples}`, data.calibration, plan, samples),
    warnings: all,
  };
}

async function dataIdentity(dataset: Dataset): Promise<SessionHeader['data']['evaluation']> {
  return { name: dataset.name, sha256: await dataset.sha256(), samples: dataset.count };
}

function describe({ model, data, metric, settings }: SessionHeader): OpenedInputs {
  const { strategy, exitPolicy } = settings.tuning;
  return { model, data, metric, strategy: strategy.name, maxTrials: exitPolicy.maxTrials };
}

function identityOf({ model, data, settings, runtime }: SessionHeader): JournalIdentity {
  return {
    modelSha256: model.sha256,
    calibrationSha256: data.calibration.sha256,
    evaluationSha256: data.evaluation.sha256,
    settings,
    runtime: `${runtime.provider} ${runtime.version}, ${runtime.threads} thread`,
  };
}

function finish({ best, met, stopReason }: DriveResult, stopwatch: Stopwatch): NonNullable<SessionRecord['outcome']> {
  return { best: best?.number ?? null, met, stopReason, seconds: stopwatch.seconds() };
}
