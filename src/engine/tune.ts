import type { Json } from '../base/canonical-json.ts';
import type { Warning } from '../base/fault-codes.ts';
import { metricOf, stepWords } from '../history/config-words.ts';
import type { Goal, HoldOutResult, Seconds, SessionRecord } from '../history/session-record.ts';
import { encodeModel } from '../onnx/encode.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import { meetsCriterion, targetScore } from '../tuning/criterion.ts';
import { searchOrAfter } from '../tuning/after-search.ts';
import type { DriveResult } from '../tuning/driver.ts';
import type { Baseline } from '../tuning/types.ts';
import { wantsSpeed } from '../tuning/judge.ts';
import { measureBaseline } from './baseline.ts';
import { Calibrator } from './calibrator.ts';
import { measureCosts } from './cost-table.ts';
import type { OpenedInputs } from './events.ts';
import { gatherEvidence } from './evidence.ts';
import { scoreHoldOut } from './hold-out.ts';
import { hardestFirst } from './hardest-first.ts';
import { changesKeeper } from './keep-changes.ts';
import { JournalNotes } from './journal-notes.ts';
import { proposedByHand } from './by-hand.ts';
import { openSession, type OpenHeader, type OpenSession } from './open-session.ts';
import { serviceAccess } from './outside.ts';
import { checkParity } from './parity.ts';
import { checkProvider } from './compare-providers.ts';
import { verifyOffer } from './verify-offer.ts';
import { ModelProbes } from './probe.ts';
import { modesOf, priceSpace } from './priced-space.ts';
import { progressReporter } from './progress.ts';
import { measureSensitivity } from './sensitivity.ts';
import { SimulatedScoring } from './simulated-scoring.ts';
import { Stopwatch } from './stopwatch.ts';
import { tuneReport } from './tune-report.ts';
import { EngineTrialRunner, type RunnerParts } from './trial-runner.ts';
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
  const stored = await store.load();
  const session = await openSession(input, platform, stored);
  const { header, settings, prepared, setup, bytes, criterion, target, scoring, calibrating } = session;
  for (const warning of session.warnings) emit({ type: 'warning', warning });
  if (header.preprocessing) emit({ type: 'preprocessing', preprocessing: header.preprocessing });
  emit({ type: 'opened', opened: describe(header) });

  const float = await stopwatch.time('baseline', async () => {
    const other = [target, calibrating, scoring].find((each) => each && each.provider !== 'wasm');
    if (other) {
      emit({ type: 'stage', stage: 'baseline', detail: `Comparing ${other.device.name} with WASM` });
      await checkProvider(other, platform.pool, setup.feed, bytes, setup.output, 'float32');
    }
    await checkParity(platform.pool, setup.feed, bytes, encodeModel(prepared.graph.model), setup.output);
    return measureBaseline(setup, bytes, stored?.baseline ?? null, emit, prepared);
  });
  const { baseline, values } = float;
  const goal = { target: targetScore(baseline.score, criterion), higherIsBetter: criterion.higherIsBetter };
  emit({ type: 'baseline', baseline, goal });

  const notes = new JournalNotes(stored?.notes ?? {}, store);
  const table = await stopwatch.time('latency', () => costTable(session, stored, input.costs, platform));
  const priced = table ? priceSpace(prepared, session.capability, settings, table) : null;
  const { space, costs, whole } = priced ?? { space: session.space, costs: null, whole: session.space };
  const byHand = input.move ? proposedByHand(stored, input.move, space) : null;
  const known = stored?.ranges ?? {};
  const place = { ...platform, pool: calibrating.pool };
  const calibrator = new Calibrator(prepared, space, session.calibrationFeed, known, place, stopwatch, header);
  const saveRanges = await calibrator.rehearse();
  if (!stored) await store.begin({ ...header, goal });
  if (!stored?.baseline) await store.saveBaseline(baseline, Array.from(values));
  await saveRanges();
  if (table) await notes.recall('costs', async () => table as unknown as Json);
  let stage = 'weight storage';
  let number = 0;
  let report: (share: number) => void = () => undefined;
  // Who asks for a trial wants its score, whatever it is.
  const racing = byHand ? null : racingTerms(session, baseline, goal.target);
  const ordered = racing && endsByCertainty(session, racing);
  const trialSetup = ordered
    ? { ...setup, feed: hardestFirst(setup.feed, values, setup.metric, racing.higherIsBetter) }
    : setup;
  const runner = new EngineTrialRunner({
    floatBytes: bytes,
    floatValues: values,
    setup: trialSetup,
    racing,
    calibrator,
    stopwatch,
    ...(target.provider !== 'wasm' && { check: { target, wasm: platform.pool } }),
    ...(scoring &&
      racing && {
        simulation: new SimulatedScoring({
          target: scoring,
          wasm: platform.pool,
          setup: trialSetup,
          floatBytes: bytes,
          meets: (evaluation) => evaluation.status === 'complete' && meetsCriterion(evaluation, baseline, criterion),
          onWarning: (warning) => emit({ type: 'warning', warning }),
        }),
      }),
    onStart: () => (report = progressReporter(clock, emit, 'tuning', `Trial ${number}: ${stepWords(stage)}`)),
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
  const keepChanges = await changesKeeper({
    float,
    notes: stored?.notes ?? {},
    samples: setup.feed.dataset.count,
    higherIsBetter: setup.metric.higherIsBetter,
    measured: (modelSha256) => runner.measured(modelSha256),
    recall: notes.recall,
  });
  emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
  const outcome = await searchOrAfter(stored?.outcome ?? null, byHand, {
    space,
    strategy: session.strategy,
    settings,
    criterion,
    baseline,
    runner,
    probes,
    costs,
    service: serviceAccess(input, platform.outside, platform.control.signal),
    recall: notes.recall,
    journal: {
      trials: async () => stored?.trials ?? [],
      append: async (trial) => {
        await keepChanges(trial);
        await store.appendTrial(trial);
      },
    },
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
  if (input.sensitivity && !platform.control.signal.aborted) {
    const priced = table && costs ? { table, model: costs } : null;
    await measureSensitivity({
      session,
      outcome,
      space: whole,
      probes,
      calibrator,
      costs: priced,
      recall: notes.recall,
      emit,
    });
  }
  await probes.close();
  const holdOut = await scoreHoldOut({ session, outcome, runner, floatBytes: bytes, recall: notes.recall, emit });
  await gatherEvidence({ session, outcome, runner, floatBytes: bytes, float, recall: notes.recall, emit });
  const wasm = platform.pool;
  const verification = await verifyOffer({
    session,
    outcome,
    runner,
    floatBytes: bytes,
    wasm,
    recall: notes.recall,
    emit,
  });
  emit({ type: 'stage', stage: 'verification', detail: 'Building the offered model' });
  const finished = {
    ...finish(outcome, stopwatch, holdOut, stored?.outcome?.seconds),
    ...(verification && { verification }),
  };
  if (outcome.stopReason !== 'stopped') await store.finish(finished);
  const kept = await store.load();
  if (!kept) emit({ type: 'warning', warning: NOT_KEPT });
  const record = { ...(kept ?? remembered(session, goal, float, outcome, notes)), outcome: finished };
  return tuneReport({ record, outcome, session, space: whole, searched: space, costs: table, runner, calibrator });
}

const NOT_KEPT: Warning = {
  code: 'session-not-kept',
  message:
    'What was stored of this session is gone: it was deleted while it ran. Download what you need of its result.',
};

/** The session as far as it can be shown, where its store has lost it. */
function remembered(
  { header }: OpenSession,
  goal: Goal,
  { baseline, values }: { readonly baseline: Baseline; readonly values: ArrayLike<number> },
  { trials }: DriveResult,
  notes: JournalNotes,
): Omit<SessionRecord, 'outcome'> {
  return {
    header: { ...header, goal },
    baseline: { baseline, values: Array.from(values) },
    ranges: {},
    probes: {},
    notes: notes.known,
    trials,
  };
}

/** Times of the ops on this device, where the strategy decides by them; a resumed session has those of its beginning. */
async function costTable(
  { strategy, settings, prepared, setup }: OpenSession,
  stored: SessionRecord | null,
  given: CostTable | undefined,
  { pool, emit }: Platform,
): Promise<CostTable | null> {
  const modes = modesOf(settings.quantization.approach);
  if (!strategy.usesCosts || !wantsSpeed(settings.tuning) || modes.length === 0) return null;
  const known = stored?.notes['costs'];
  if (known !== undefined) return known as unknown as CostTable;
  if (given) return given;
  emit({ type: 'stage', stage: 'calibration', detail: 'Timing every op in float and in int8' });
  return measureCosts(pool, setup.feed, prepared, modes);
}

/** Whether the order of samples is free: neither a bet on random ones nor scores of misses that are compared hang on it. */
function endsByCertainty({ strategy, setup }: OpenSession, { betting }: NonNullable<RunnerParts['racing']>): boolean {
  return !betting && !strategy.comparesScores && setup.metric.compares(setup.metricOptions) === 'labels';
}

/** Null: the configuration wants every sample run. */
function racingTerms(
  { settings, strategy, criterion }: OpenSession,
  { score }: Baseline,
  target: number,
): RunnerParts['racing'] {
  const { earlyStopping, performanceOnly } = settings.tuning.exitPolicy;
  if (earlyStopping === 'off' || performanceOnly) return null;
  const { higherIsBetter } = criterion;
  const betting = earlyStopping === 'racing' && !strategy.comparesScores;
  return { higherIsBetter, betting, allowedLoss: higherIsBetter ? score - target : target - score };
}

function describe({ model, data, metric, settings, customStrategy }: OpenHeader): OpenedInputs {
  const { strategy, exitPolicy } = settings.tuning;
  return {
    model,
    data,
    metric: metricOf({ metric, settings }),
    strategy: customStrategy?.name ?? strategy.name,
    maxTrials: exitPolicy.maxTrials,
  };
}

function finish(
  { best, met, pareto, stopReason, ended, conclusion }: DriveResult,
  stopwatch: Stopwatch,
  holdOut: HoldOutResult | null,
  before: Seconds | undefined,
): NonNullable<SessionRecord['outcome']> {
  const seconds = total(stopwatch.seconds(), before);
  const outcome = { best: best?.number ?? null, met, stopReason, search: { ended, conclusion }, pareto, seconds };
  return holdOut ? { ...outcome, holdOut } : outcome;
}

/** With what the session had spent when it ended before. */
function total(seconds: Seconds, before: Seconds | undefined): Seconds {
  if (!before) return seconds;
  const parts = Object.entries(seconds).map(([part, spent]) => [part, spent + before[part as keyof Seconds]]);
  return Object.fromEntries(parts) as unknown as Seconds;
}
