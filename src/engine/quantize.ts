import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import type { Dataset, SourceFile } from '../data/dataset.ts';
import { openDataset } from '../data/open-dataset.ts';
import { concatenate } from '../onnx/encode.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { ActivationRanges, OpConfig, QuantizeConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import { buildSpace } from '../tuning/space.ts';
import type { TuningSpace } from '../tuning/types.ts';
import { calibrate } from './calibrate.ts';
import type { RunControl } from './control.ts';
import { Feed } from './feed.ts';
import { openModel, openSettings, planFeed } from './open-inputs.ts';
import { prepareModel } from './prepare.ts';
import type { SessionInfo, SessionPool } from './session-host-api.ts';
import { measureLoudest, smoothModel } from './smooth.ts';

export interface QuantizeInput {
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
}

export interface QuantizePlatform {
  readonly pool: SessionPool;
  readonly control: RunControl;
}

/** One int8 model without a search: the first option of every op that the configuration leaves. */
export async function quantizeOnce(
  input: QuantizeInput,
  platform: QuantizePlatform,
  onShare: (share: number) => void,
): Promise<{ model: Uint8Array; ops: readonly OpReport[]; warnings: readonly Warning[] }> {
  const { pool } = platform;
  const { settings, warnings } = openSettings(input.config);
  const { loaded, info } = await openModel(input.model, pool);
  const data = await openCalibration(
    input.calibration,
    info.inputs,
    settings.quantization.calibration.dataloader?.transform,
  );
  const { plan, inputDims } = data ? await planFeed(info.inputs, data) : { plan: null, inputDims: {} };
  const prepared = prepareModel(loaded.bytes, inputDims);
  const { space, warnings: spaceWarnings } = buildSpace(modelCapability(prepared.model), settings);
  const config: QuantizeConfig = {
    ops: Object.fromEntries(space.ops.map(({ name, int8 }): [string, OpConfig] => [name, int8[0] ?? 'fp32'])),
    weightStorage: space.weightStorage,
  };
  const feed = data && plan ? new Feed('calibration', data, plan, space.samplingSizes[0]) : null;
  const { model, ranges } = await calibrated(prepared.model, config, feed, space, platform, onShare);
  const { parts, ops } = rewrite(model, config, ranges, new WeightCache());
  return {
    model: concatenate(parts),
    ops,
    warnings: [...warnings, ...loaded.warnings, ...prepared.warnings, ...spaceWarnings],
  };
}

/** The model that the rewrite starts from, smoothed where the configuration always asks for it, and its ranges. */
async function calibrated(
  model: PreparedModel,
  config: QuantizeConfig,
  feed: Feed | null,
  { smoothAlways, smoothQuant: [alpha] }: TuningSpace,
  { pool, control }: QuantizePlatform,
  onShare: (share: number) => void,
): Promise<{ model: PreparedModel; ranges: ActivationRanges }> {
  const tensors = calibrationTensors(model, selectOps(model, config));
  if (tensors.length === 0) return { model, ranges: {} };
  if (!feed) {
    throw new Fault('usage', {
      message: 'Static quantization needs calibration data',
      next: 'Give --calibration, or set quantization.approach to post_training_dynamic_quant.',
    });
  }
  const smooth = smoothAlways && alpha !== undefined;
  const base = smooth ? smoothModel(model, await measureLoudest(pool, model, feed, control), alpha) : model;
  return { model: base, ranges: await calibrate(pool, base, tensors, feed, control, onShare) };
}

async function openCalibration(
  files: readonly SourceFile[],
  inputs: SessionInfo['inputs'],
  transforms: Parameters<typeof openDataset>[1]['transforms'] = [],
): Promise<Dataset | null> {
  return files.length === 0 ? null : openDataset(files, { inputs, transforms, labels: 'optional' });
}
