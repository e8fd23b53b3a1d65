import type { Warning } from '../base/fault-codes.ts';
import type { Dataset, SourceFile } from '../data/dataset.ts';
import { openDataset } from '../data/open-dataset.ts';
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
import { Feed } from './feed.ts';
import { openModel, openSettings, planFeed } from './open-inputs.ts';
import { prepareModel } from './prepare.ts';
import type { SessionInfo, SessionPool } from './session-host-api.ts';

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
  const tensors = calibrationTensors(prepared.model, selectOps(prepared.model, config));
  const samples = space.samplingSizes[0];
  const ranges =
    data && plan && tensors.length > 0
      ? await calibrate(pool, prepared.model, tensors, new Feed('calibration', data, plan, samples), control, onShare)
      : {};
  const { parts, ops } = rewrite(prepared.model, config, ranges, new WeightCache());
  return {
    model: concatenate(parts),
    ops,
    warnings: [...warnings, ...loaded.warnings, ...prepared.warnings, ...spaceWarnings],
  };
}

async function openCalibration(
  files: readonly SourceFile[],
  inputs: SessionInfo['inputs'],
  transforms: Parameters<typeof openDataset>[1]['transforms'] = [],
): Promise<Dataset | null> {
  return files.length === 0 ? null : openDataset(files, { inputs, transforms, labels: 'optional' });
}
