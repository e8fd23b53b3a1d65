import type { Json } from '../base/canonical-json.ts';
import { Fault } from '../base/fault.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import { weightSqnrs } from '../quantize/weight-sqnr.ts';
import type { DriveResult } from '../tuning/driver.ts';
import { diagnose } from '../tuning/diagnosis.ts';
import {
  aloneInInt8,
  probedOps,
  ranked,
  SENSITIVITY_NOTE,
  sensitivityReference,
  type OpSensitivity,
  type Sensitivity,
} from '../tuning/sensitivity.ts';
import type { Costs, TuneConfig, TuningSpace } from '../tuning/types.ts';
import type { Calibrator } from './calibrator.ts';
import type { TuneEvent } from './events.ts';
import type { OpenSession } from './open-session.ts';
import type { ModelProbes } from './probe.ts';
import { progressReporter } from './progress.ts';
import { symptomsOf } from './symptoms.ts';

interface SensitivityParts {
  readonly session: OpenSession;
  readonly outcome: Pick<DriveResult, 'trials' | 'best'>;
  /** Every op that has a choice. */
  readonly space: TuningSpace;
  readonly probes: ModelProbes;
  readonly calibrator: Calibrator;
  /** Null: what int8 saves is not told. */
  readonly costs: { readonly table: CostTable; readonly model: Costs } | null;
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
  readonly emit: (event: TuneEvent) => void;
}

/** Samples that are compared where the strategy has no number of its own. */
const SAMPLES = 32;
const DETAIL = 'Measuring the sensitivity of each op';

/**
 * What each int8 op of a config does to the model, measured once and kept in the journal as a note; the probes it is made of are
 * kept, too, so that a stopped measurement goes on where it ended. Null where the user stops it.
 */
export async function measureSensitivity(parts: SensitivityParts): Promise<Sensitivity | null> {
  const { session, recall } = parts;
  try {
    return (await recall(
      SENSITIVITY_NOTE,
      async () => (await measure(parts)) as unknown as Json,
    )) as unknown as Sensitivity;
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code === 'cancelled' && session.setup.control.signal.aborted) return null;
    throw fault;
  }
}

async function measure({
  session,
  outcome,
  space,
  probes,
  calibrator,
  costs,
  emit,
}: SensitivityParts): Promise<Sensitivity> {
  const { settings, setup, header } = session;
  const option = settings.tuning.strategy.options['probe_samples'];
  const samples = typeof option === 'number' ? option : SAMPLES;
  const told = { format: 'octet-sensitivity/1', samples: Math.min(samples, header.data.calibration.samples) } as const;
  const reference = sensitivityReference(space, outcome.trials, outcome.best);
  if (!reference) return { ...told, trial: null, measure: 'kl', ops: [] };
  const { config, trial } = reference;
  emit({ type: 'stage', stage: 'tuning', detail: DETAIL });
  const report = progressReporter(setup.clock, emit, 'tuning', DETAIL);
  const units = probedOps(space, config);
  /** Probes that run two models on the samples; the last one looks at every op. */
  const steps = units.length + 1;
  let done = 0;
  const step = async <T>(probe: () => Promise<T>): Promise<T> => {
    const found = await probes.reporting((share) => report((done + share) / steps), probe);
    report(++done / steps);
    return found;
  };
  const { model } = await calibrator.calibrated(config);
  const sqnrs = weightSqnrs(model, config);
  const divergences: { readonly ops: readonly string[]; readonly divergence: number }[] = [];
  for (const ops of units) {
    const alone = aloneInInt8(space, config, ops);
    divergences.push({ ops, divergence: await step(() => probes.divergence(alone, samples)) });
  }
  const tensorErrors = await step(() => probes.ops(config, samples));
  const typeOf = new Map(space.ops.map(({ name, opType }) => [name, opType]));
  const rows = divergences.flatMap(({ ops, divergence }) =>
    ops.map((op): OpSensitivity => ({
      op,
      opType: typeOf.get(op) ?? '',
      divergence: finite(divergence),
      ...(ops.length > 1 && { sharedBy: ops.length }),
      weightSqnrDb: finite(sqnrs.get(op)),
      tensorError: finite(tensorErrors.get(op)),
      ...(costs && { savedMs: savedMs(op, config, costs) }),
    })),
  );
  const [first] = units;
  const kind = first ? await probes.measureOf(aloneInInt8(space, config, first), samples) : 'kl';
  const ops = ranked(rows);
  const symptoms = symptomsOf({
    config,
    calibrated: await calibrator.calibrated(config),
    statistics: await calibrator.statistics(config.samplingSize),
    model: session.prepared,
    alpha: space.smoothQuant[0],
    splits: space.recipes.outlierChannels !== 'off',
    calibrationSamples: Math.min(config.samplingSize, header.data.calibration.samples),
  });
  return { ...told, trial, measure: kind, ops, findings: diagnose(ops, symptoms) };
}

/** What keeping the op float would cost, the Q and DQ at its borders included. */
function savedMs(op: string, config: TuneConfig, { table, model }: NonNullable<SensitivityParts['costs']>): number {
  const without: TuneConfig = { ...config, ops: { ...config.ops, [op]: 'fp32' } };
  return (model.ratio(without) - model.ratio(config)) * table.floatMs;
}

/** Probes say `Number.MAX_VALUE` where a value is not finite, which JSON could not hold. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value < Number.MAX_VALUE ? value : null;
}
