import type { Clock } from '../base/clock.ts';
import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import type { SourceFile } from '../data/dataset.ts';
import { concatenate } from '../base/bytes.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { Int8Format } from '../quantize/config.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { buildSpace } from '../tuning/space.ts';
import { Calibrator } from './calibrator.ts';
import { closestConfig } from './closest-config.ts';
import type { RunControl } from './control.ts';
import type { TuneEvent } from './events.ts';
import { Feed } from './feed.ts';
import { modelClassNames } from './model-class-names.ts';
import { dataWarnings, openCalibration, openModel, openSettings, planFeed, type OpenedModel } from './open-inputs.ts';
import { prepareModel } from './prepare.ts';
import { decidePreprocessing, withPreprocessing } from './preprocessing.ts';
import type { SessionPool } from './session-host-api.ts';
import { Stopwatch } from './stopwatch.ts';
import { withoutGpu } from './target.ts';

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
  readonly clock: Clock;
}

export interface QuantizedModel {
  readonly model: Uint8Array;
  readonly ops: readonly OpReport[];
  readonly preprocessing: Preprocessing | null;
  readonly warnings: readonly Warning[];
}

/** One int8 model without a search: of what the configuration leaves, the config that `closestConfig` finds. */
export async function quantizeOnce(
  input: QuantizeInput,
  platform: QuantizePlatform,
  onShare: (share: number) => void,
): Promise<QuantizedModel> {
  const { pool } = platform;
  const { settings: given, warnings } = openSettings(input.config);
  if (given.quantization.calibration.device === 'gpu') throw withoutGpu('quantization.calibration.device');
  const opened = await openModel(input.model, pool);
  const { loaded, info } = opened;
  const preprocessing = await decideByCalibration(input.calibration, opened, given, platform);
  const settings = withPreprocessing(given, preprocessing);
  const data = input.calibration.length === 0 ? null : await openCalibration(input.calibration, info.inputs, settings);
  const { plan, inputDims } = data ? await planFeed(info.inputs, data) : { plan: null, inputDims: {} };
  const prepared = prepareModel(loaded.bytes, inputDims);
  const { space, warnings: spaceWarnings } = buildSpace(modelCapability(prepared.model), settings);
  const feedOf = (samples: number, purpose = 'calibration'): Feed => {
    if (!data || !plan) throw withoutCalibration();
    return new Feed(`${purpose}-${samples}`, data, plan, samples);
  };
  const calibrationWarnings: Warning[] = [];
  const emit = (event: TuneEvent): void => {
    if (event.type === 'progress') onShare(event.share);
    if (event.type === 'warning') calibrationWarnings.push(event.warning);
  };
  const place = { ...platform, emit };
  const calibrator = new Calibrator(prepared.model, space, feedOf, {}, place, new Stopwatch(place.clock), null);
  const config = await closestConfig({
    space,
    model: prepared.model,
    calibrator,
    setup: { ...place, output: info.outputs[0] as string },
    feedOf: data ? (samples: number) => feedOf(samples, 'probe') : null,
    emit,
  });
  const { model, ranges, means, outliers } = await calibrator.calibrated(config);
  const { framework } = settings.model;
  const asOperators = framework === 'onnxrt_qlinearops' || framework === 'onnxrt_qoperator';
  const format = input.format ?? (asOperators ? 'qoperator' : 'qdq');
  const { parts, ops } = rewrite(model, config, ranges, new WeightCache(), means, format, outliers);
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
      ...calibrationWarnings,
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

function withoutCalibration(): Fault {
  return new Fault('usage', {
    message: 'Static quantization needs calibration data',
    next: 'Give --calibration, or set quantization.approach to post_training_dynamic_quant.',
  });
}
