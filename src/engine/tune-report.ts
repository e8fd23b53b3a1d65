import type { Provider } from '../base/provider.ts';
import { holdOutVerdict } from '../history/hold-out-words.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { verificationWords } from '../history/verification-words.ts';
import { settingsToYaml } from '../tuning/config/parse.ts';
import type { DriveResult } from '../tuning/driver.ts';
import { stopReasonText } from '../tuning/explain.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import type { ModelCapability } from '../quantize/capability-types.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import { pinnedSettings } from '../tuning/pin.ts';
import type { TuningSpace } from '../tuning/types.ts';
import { int8Choices } from './by-hand.ts';
import type { Calibrator } from './calibrator.ts';
import { opEdges } from './op-edges.ts';
import { makeRecipe } from './rebuild.ts';
import type { OpenSession } from './open-session.ts';
import { replayPlan } from './replay-plan.ts';
import type { TuneReport } from '../history/tune-report.ts';
import type { EngineTrialRunner } from './trial-runner.ts';

interface Ended {
  readonly record: SessionRecord;
  readonly outcome: DriveResult;
  readonly session: OpenSession;
  /** Every op that has a choice: the offered YAML names them all. */
  readonly space: TuningSpace;
  /** Those that the search had a choice for: their ranges are known. */
  readonly searched: TuningSpace;
  readonly costs: CostTable | null;
  readonly runner: EngineTrialRunner;
  readonly calibrator: Calibrator;
}

/** Builds the offered model once more and what goes with it: YAML, recipe, explanation. */
export async function tuneReport({
  record,
  outcome,
  session,
  space,
  searched,
  costs,
  runner,
  calibrator,
}: Ended): Promise<TuneReport> {
  const { header, settings, inputDims } = session;
  const holdOut = record.outcome?.holdOut;
  const reason = stopReasonText(outcome, settings.tuning.exitPolicy);
  const verification = record.outcome?.verification;
  const explanation = [
    reason,
    ...(holdOut ? [holdOutVerdict(holdOut)] : []),
    ...(verification ? [verificationWords(verification)] : []),
  ].join(' ');
  const trial = outcome.best;
  if (!trial) return { record, explanation, offer: null };
  const { bytes, ops, modelSha256 } = await runner.build(trial.config);
  const calibrated = await calibrator.calibrated(trial.config);
  return {
    record,
    explanation,
    offer: {
      trial: trial.number,
      model: bytes,
      ops: costs ? ops.map((op) => pricedOp(op, costs)) : onProvider(ops, header.runtime.provider),
      edges: opEdges(
        calibrated.model.graph,
        ops.map(({ name }) => name),
      ),
      choices: choicesOf(searched, session.capability),
      yaml: settingsToYaml(pinnedSettings(settings, trial.config, space)),
      recipe: makeRecipe({
        octet: header.octet,
        source: header.model,
        int8Sha256: modelSha256,
        config: trial.config,
        costs,
        calibrated,
        inputDims,
      }),
      replay: replayPlan(session.prepared, trial.config, calibrated),
    },
  };
}

function choicesOf(
  searched: TuningSpace,
  { ops }: ModelCapability,
): NonNullable<NonNullable<TuneReport['offer']>['choices']> {
  const int8 = int8Choices(searched).map(({ name }) => name);
  const others = ops.filter(({ name, glue, int8: forms }) => !glue && forms.length > 0 && !int8.includes(name));
  return { int8, unranged: others.map(({ name }) => name) };
}

/** Whatever else may be said of an op: where nothing computes in int8, that is why it does not. */
function onProvider(ops: readonly OpReport[], provider: Provider): readonly OpReport[] {
  if (provider === 'wasm') return ops;
  const isNarrow = ops.some(({ precision }) => precision === 'float16');
  return ops.map((op) =>
    isNarrow && op.precision === 'float32' ? op : { ...op, reason: 'WebGPU has no int8 kernels' },
  );
}

/** With what the cost table says of an op, above all of one that could be int8 and is not. */
function pricedOp(report: OpReport, { ops, floatMs }: CostTable): OpReport {
  const cost = ops[report.name];
  const op = cost ? { ...report, timeShare: cost.float / floatMs } : report;
  const int8 = Math.min(cost?.static ?? Infinity, cost?.dynamic ?? Infinity);
  if (!cost || op.precision === 'int8' || op.reason === undefined || !Number.isFinite(int8)) return op;
  const percent = (ms: number): string => `${((100 * ms) / floatMs).toPrecision(2)} %`;
  const times = `${percent(cost.float)} of the float latency in float, ${percent(int8)} in int8`;
  if (int8 >= cost.float) return { ...op, reason: `int8 does not pay on this device: ${times}` };
  return { ...op, reason: `${op.reason} (${times}, borders left aside)` };
}
