import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import type { SourceFile } from '../data/dataset.ts';
import { concatenate } from '../base/bytes.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { ActivationRanges, ChannelMeans, Int8Format, OpConfig, QuantizeConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import type { ModelStatistics } from '../history/session-record.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { forcedRecipes } from '../tuning/recipes.ts';
import { buildSpace } from '../tuning/space.ts';
import type { TuningSpace } from '../tuning/types.ts';
import { calibrate, calibrationTargets, type CalibrationTargets } from './calibrate.ts';
import type { RunControl } from './control.ts';
import { Feed } from './feed.ts';
import { modelClassNames } from './model-class-names.ts';
import { dataWarnings, openCalibration, openModel, openSettings, planFeed, type OpenedModel } from './open-inputs.ts';
import { prepareModel } from './prepare.ts';
import { decidePreprocessing, withPreprocessing } from './preprocessing.ts';
import type { SessionPool } from './session-host-api.ts';
import { graphRecipes } from './source-model.ts';

export interface QuantizeInput {
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
  /** How static int8 ops are written; absent: as `model.framework` of the configuration says. */
  readonly format?: Int8Format;
}

export interface QuantizePlatform {
  readonly pool: SessionPool;
  readonly control: RunControl;
}

export interface QuantizedModel {
  readonly model: Uint8Array;
  readonly ops: readonly OpReport[];
  readonly preprocessing: Preprocessing | null;
  readonly warnings: readonly Warning[];
}

/** One int8 model without a search: the first option of every op that the configuration leaves. */
export async function quantizeOnce(
  input: QuantizeInput,
  platform: QuantizePlatform,
  onShare: (share: number) => void,
): Promise<QuantizedModel> {
  const { pool } = platform;
  const { settings: given, warnings } = openSettings(input.config);
  const opened = await openModel(input.model, pool);
  const { loaded, info } = opened;
  const preprocessing = await decideByCalibration(input.calibration, opened, given, platform);
  const settings = withPreprocessing(given, preprocessing);
  const data = input.calibration.length === 0 ? null : await openCalibration(input.calibration, info.inputs, settings);
  const { plan, inputDims } = data ? await planFeed(info.inputs, data) : { plan: null, inputDims: {} };
  const prepared = prepareModel(loaded.bytes, inputDims);
  const { space, warnings: spaceWarnings } = buildSpace(modelCapability(prepared.model), settings);
  const config: QuantizeConfig = {
    ...forcedRecipes(space),
    ops: Object.fromEntries(space.ops.map(({ name, int8 }): [string, OpConfig] => [name, int8[0] ?? 'fp32'])),
    weightStorage: space.weightStorage,
  };
  const feed = data && plan ? new Feed('calibration', data, plan, space.samplingSizes[0]) : null;
  const { model, ranges, means } = await calibrated(prepared.model, config, feed, space, platform, onShare);
  const { framework } = settings.model;
  const asOperators = framework === 'onnxrt_qlinearops' || framework === 'onnxrt_qoperator';
  const format = input.format ?? (asOperators ? 'qoperator' : 'qdq');
  const { parts, ops } = rewrite(model, config, ranges, new WeightCache(), means, format);
  return {
    model: concatenate(parts),
    ops,
    preprocessing,
    warnings: [
      ...warnings,
      ...loaded.warnings,
      ...(data ? dataWarnings('calibration-data', data) : []),
      ...prepared.warnings,
      ...spaceWarnings,
    ],
  };
}

/** What `octet tune` finds on evaluation data is found on calibration data that have labels, such as class folders. */
async function decideByCalibration(
  files: readonly SourceFile[],
  opened: OpenedModel,
  settings: TuneSettings,
  { pool, control }: QuantizePlatform,
): Promise<Preprocessing | null> {
  if (files.length === 0) return null;
  const classNames = modelClassNames(opened.loaded);
  const onShare = (): void => undefined;
  const data = { files, calibration: [], needsLabels: false };
  return decidePreprocessing({ ...data, opened, settings, classNames, pool, control, onShare });
}

/** The model that the rewrite starts from, with the graph recipes of the config, and its statistics. */
async function calibrated(
  model: PreparedModel,
  config: QuantizeConfig,
  feed: Feed | null,
  space: TuningSpace,
  { pool, control }: QuantizePlatform,
  onShare: (share: number) => void,
): Promise<{ model: PreparedModel; ranges: ActivationRanges; means: ChannelMeans }> {
  const tensors = calibrationTensors(model, selectOps(model, config));
  if (tensors.length === 0) return { model, ranges: {}, means: {} };
  if (!feed) {
    throw new Fault('usage', {
      message: 'Static quantization needs calibration data',
      next: 'Give --calibration, or set quantization.approach to post_training_dynamic_quant.',
    });
  }
  let source = model;
  for (const recipe of graphRecipes(config)) {
    const before = source;
    const observe = (targets: CalibrationTargets): Promise<ModelStatistics> =>
      calibrate(pool, before, targets, feed, control, () => undefined);
    const loudest = recipe.needsLoudest ? (await observe(calibrationTargets(before, [], space))).loudest : {};
    source = recipe.apply(before, loudest);
  }
  const targets = { ranges: calibrationTensors(source, selectOps(source, config)), channels: [] };
  const { ranges, means } = await calibrate(pool, source, targets, feed, control, onShare);
  return { model: source, ranges, means };
}
