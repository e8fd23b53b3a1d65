import type { ModelCapability } from '../quantize/capability-types.ts';
import type { IntegerMode } from '../quantize/config.ts';
import { CostModel } from '../quantize/cost/cost-model.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import type { Approach } from '../tuning/config/quantization.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { fastestPlacement } from '../tuning/placement.ts';
import { buildSpace } from '../tuning/space.ts';
import type { Costs, TuningSpace } from '../tuning/types.ts';

/** The space of ops that pay on this device, and what configs cost there. */
export interface PricedSpace {
  readonly space: TuningSpace;
  /** With the ops that do not pay, too. */
  readonly whole: TuningSpace;
  readonly costs: Costs;
}

/**
 * Replaces the rules of thumb about what pays in int8 by a cost table: an op stays in the space if it computes in int8 in the
 * fastest placement, or if the configuration asks for it.
 */
export function priceSpace(
  model: PreparedModel,
  capability: ModelCapability,
  settings: TuneSettings,
  table: CostTable,
): PricedSpace {
  const costs = new CostModel(model, table);
  const whole = spaceOf(capability, settings, () => true);
  const { placement } = fastestPlacement(whole.ops, (ops) => costs.ratio({ ops, weightStorage: whole.weightStorage }));
  const pays = (name: string): boolean => (placement[name] ?? 'fp32') !== 'fp32';
  return { space: spaceOf(capability, settings, pays), whole, costs: { ratio: (config) => costs.ratio(config) } };
}

/** Modes that a cost table is measured for; weights in 4 bits change nothing that a kernel does. */
export function modesOf(approach: Approach): readonly IntegerMode[] {
  if (approach === 'weight_only') return [];
  return approach === 'auto' ? ['static', 'dynamic'] : [approach];
}

function spaceOf(capability: ModelCapability, settings: TuneSettings, pays: (name: string) => boolean): TuningSpace {
  const ops = capability.ops.map((op) => ({ ...op, pays: op.glue || pays(op.name) }));
  return buildSpace({ ...capability, ops }, settings).space;
}
