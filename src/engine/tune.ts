import type { SessionRecord } from '../history/session-record.ts';
import { encodeModel } from '../onnx/encode.ts';
import { targetScore } from '../tuning/criterion.ts';
import { drive, type DriveResult } from '../tuning/driver.ts';
import { checkResumable, type JournalIdentity } from '../tuning/journal.ts';
import { measureBaseline } from './baseline.ts';
import { Calibrator } from './calibrator.ts';
import type { OpenedInputs } from './events.ts';
import { JournalNotes } from './journal-notes.ts';
import { openSession, type OpenHeader } from './open-session.ts';
import { serviceAccess } from './outside.ts';
import { checkParity } from './parity.ts';
import { ModelProbes } from './probe.ts';
import { progressReporter } from './progress.ts';
import { Stopwatch } from './stopwatch.ts';
import { tuneReport } from './tune-report.ts';
import { EngineTrialRunner } from './trial-runner.ts';
import type { Platform, TuneInput } from './tune-input.ts';
import type { TuneReport } from '../history/tune-report.ts';

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
  const goal = { target: targetScore(baseline.score, criterion), higherIsBetter: criterion.higherIsBetter };
  emit({ type: 'baseline', baseline, goal });

  const known = stored?.ranges ?? {};
  const calibrator = new Calibrator(prepared, space, session.calibrationFeed, known, platform, stopwatch);
  const saveRanges = await calibrator.rehearse();
  if (!stored) await store.begin({ ...header, goal });
  if (!stored?.baseline) await store.saveBaseline(baseline, Array.from(values));
  await saveRanges();
  let stage = 'weight storage';
  let number = 0;
  let report: (share: number) => void = () => undefined;
  const runner = new EngineTrialRunner({
    floatBytes: bytes,
    floatValues: values,
    setup,
    calibrator,
    stopwatch,
    onStart: () => (report = progressReporter(clock, emit, 'tuning', `Trial ${number}: ${stage}`)),
    onSamples: (done) => report(done / setup.feed.count),
  });
  const probes = new ModelProbes({
    model: prepared,
    sourceOf: async (config) => (await calibrator.calibrated(config)).model,
    setup,
    feedOf: (samples) => session.calibrationFeed(samples, 'probe'),
    build: async (config) => (await runner.build(config)).bytes,
    store,
    stored: stored?.probes ?? {},
    emit,
  });
  const notes = new JournalNotes(stored?.notes ?? {}, store);
  emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
  const outcome = await drive({
    space,
    strategy: session.strategy,
    settings,
    criterion,
    baseline,
    runner,
    probes,
    service: serviceAccess(input, platform.outside, platform.control.signal),
    recall: notes.recall,
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
  await probes.close();
  emit({ type: 'stage', stage: 'verification', detail: 'Building the offered model' });
  const finished = finish(outcome, stopwatch);
  if (outcome.stopReason !== 'stopped') await store.finish(finished);
  const record = { ...((await store.load()) as SessionRecord), outcome: finished };
  return tuneReport({ record, outcome, session, runner, calibrator });
}

function describe({ model, data, metric, settings, customStrategy }: OpenHeader): OpenedInputs {
  const { strategy, exitPolicy } = settings.tuning;
  return { model, data, metric, strategy: customStrategy?.name ?? strategy.name, maxTrials: exitPolicy.maxTrials };
}

function identityOf({ model, data, settings, runtime, customStrategy }: OpenHeader): JournalIdentity {
  return {
    modelSha256: model.sha256,
    calibrationSha256: data.calibration.sha256,
    evaluationSha256: data.evaluation.sha256,
    settings,
    strategySha256: customStrategy?.sha256 ?? null,
    runtime: `${runtime.provider} ${runtime.version}, ${runtime.threads} thread`,
  };
}

function finish({ best, met, stopReason }: DriveResult, stopwatch: Stopwatch): NonNullable<SessionRecord['outcome']> {
  return { best: best?.number ?? null, met, stopReason, seconds: stopwatch.seconds() };
}
