import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import type { Dataset, SourceFile } from '../data/dataset.ts';
import { concatenate } from '../onnx/encode.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { OpConfig, QuantizeConfig } from '../quantize/config.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import { buildSpace } from '../tuning/space.ts';
import { calibrate } from './calibrate.ts';
import type { RunControl } from './control.ts';
import { Feed, type BatchPlan } from './feed.ts';
import { dataWarnings, openCalibration, openModel, openSettings, planFeed } from './open-inputs.ts';
import { prepareModel } from './prepare.ts';
import type { SessionPool } from './session-host-api.ts';

export interface QuantizeInput {
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
}

/** One int8 model without a search: the first option of every op that the configuration leaves. */
export async function quantizeOnce(
  input: QuantizeInput,
  { pool, control }: { readonly pool: SessionPool; readonly control: RunControl },
  onShare: (share: number) => void,
): Promise<{ model: Uint8Array; ops: readonly OpReport[]; warnings: readonly Warning[] }> {
  const { settings, warnings } = openSettings(input.config);
  const { loaded, info } = await openModel(input.model, pool);
  const data = input.calibration.length === 0 ? null : await openCalibration(input.calibration, info.inputs, settings);
  const { plan, inputDims } = data ? await planFeed(info.inputs, data) : { plan: null, inputDims: {} };
  const prepared = prepareModel(loaded.bytes, inputDims);
  const { space, warnings: spaceWarnings } = buildSpace(modelCapability(prepared.model), settings);
  const config: QuantizeConfig = {
    ops: Object.fromEntries(space.ops.map(({ name, int8 }): [string, OpConfig] => [name, int8[0] ?? 'fp32'])),
    weightStorage: space.weightStorage,
  };
  const tensors = calibrationTensors(prepared.model, selectOps(prepared.model, config));
  const ranges =
    tensors.length > 0
      ? await calibrate(pool, prepared.model, tensors, feedOf(data, plan, space.samplingSizes[0]), control, onShare)
      : {};
  const { parts, ops } = rewrite(prepared.model, config, ranges, new WeightCache());
  return {
    model: concatenate(parts),
    ops,
    warnings: [
      ...warnings,
      ...loaded.warnings,
      ...(data ? dataWarnings('calibration-data', data) : []),
      ...prepared.warnings,
      ...spaceWarnings,
    ],
  };
}

/** Throws `data-empty` where there are no data to calibrate with. */
function feedOf(data: Dataset | null, plan: BatchPlan | null, samples: number | undefined): Feed {
  if (data && plan) return new Feed('calibration', data, plan, samples);
  throw new Fault('data-empty', {
    message: 'Static quantization needs calibration data, and none were given',
    accepted: 'about 100 samples that are like those of later use, without labels',
    next: 'Give calibration data, or choose the approach post_training_dynamic_quant, which needs none.',
  });
}
