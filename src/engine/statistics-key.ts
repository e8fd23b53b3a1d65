import { canonicalJson, type Json } from '../base/canonical-json.ts';
import { sha256Text } from '../base/hash.ts';
import type { CalibrationTargets } from './calibrate.ts';
import type { OpenHeader } from './open-session.ts';

/**
 * Names statistics by all that decides them: model, data and how they are read, samples, recipes in the graph, the tensors
 * that are observed, and the versions of runtime and Octet.
 */
export function statisticsKey(
  { octet, runtime, model, data, settings }: OpenHeader,
  samplingSize: number,
  recipes: string,
  targets: CalibrationTargets,
): Promise<string> {
  const { quantization, evaluation } = settings;
  const identity = {
    octet,
    runtime,
    model: model.sha256,
    data: data.calibration.sha256,
    ...(quantization.calibration.device === 'gpu' && { on: quantization.calibration.device }),
    readAs: [quantization.calibration.dataloader, evaluation.accuracy.dataloader],
    ...(data.splitSeed !== undefined && { splitSeed: data.splitSeed, of: data.evaluation.samples }),
    samples: Math.min(samplingSize, data.calibration.samples),
    recipes,
    targets,
  };
  return sha256Text(canonicalJson(identity as unknown as Json));
}
