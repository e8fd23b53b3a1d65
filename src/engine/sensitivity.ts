import type { OpSensitivity } from '../history/session-record.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { weightSqnrDb } from '../quantize/weight-sqnr.ts';
import type { Probes, Trial, TuneConfig, TuningSpace } from '../tuning/types.ts';

/** A few dozen samples rank ops: divergence is continuous, unlike the score. */
const SAMPLES = 32;

interface SensitivityParts {
  readonly space: TuningSpace;
  readonly trials: readonly Trial[];
  readonly offered: Trial | null;
  readonly probes: Probes;
  /** The float model that a config starts from. */
  readonly sourceOf: (config: TuneConfig) => Promise<PreparedModel>;
  readonly costs: CostTable | null;
}

/**
 * What each int8 op does to the output, most harmful first: of the offered config, or of the first with int8 ops where the offer has
 * none. Empty where no trial had any. Each figure is a probe of the journal: asked for again, it costs nothing.
 */
export async function measureSensitivity(parts: SensitivityParts): Promise<OpSensitivity[]> {
  const { trials, offered, probes, costs, space } = parts;
  const config = [offered, ...trials].find((trial) => trial && int8Names(trial.config, space).length > 0)?.config;
  if (!config) return [];
  const source = await parts.sourceOf(config);
  const errors = await probes.ops(config, SAMPLES);
  const found: OpSensitivity[] = [];
  for (const name of int8Names(config, space)) {
    const option = config.ops[name];
    if (option === undefined || option === 'fp32') continue;
    const cost = costs?.ops[name];
    const int8Ms = cost?.[option.mode];
    found.push({
      op: name,
      opType: space.ops.find((op) => op.name === name)?.opType ?? '',
      divergence: await probes.divergence(alone(config, name, space), SAMPLES),
      weightSqnrDb: finite(weightSqnrDb(source, name, option)),
      tensorError: errors.get(name) ?? null,
      savedMs: cost && int8Ms !== undefined ? cost.float - int8Ms : null,
    });
  }
  return found.sort((a, b) => b.divergence - a.divergence);
}

/** Ops with a choice of their own that compute in int8. */
export function int8Names(config: TuneConfig, { ops }: TuningSpace): string[] {
  return ops.filter(({ name, glue }) => !glue && (config.ops[name] ?? 'fp32') !== 'fp32').map(({ name }) => name);
}

function alone(config: TuneConfig, name: string, { ops }: TuningSpace): TuneConfig {
  const others = ops.filter((op) => !op.glue && op.name !== name && op.float);
  return { ...config, ops: { ...config.ops, ...Object.fromEntries(others.map((op) => [op.name, 'fp32' as const])) } };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
