import type { ArrayChoice } from '../base/array-choice.ts';
import type { DataloaderSettings } from '../tuning/config/dataloader.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { PLAIN_LOADER } from './plain-loader.ts';

/** What the settings say about evaluation data. */
export function evaluationArrays({ evaluation }: TuneSettings): ArrayChoice | undefined {
  return choiceOf(evaluation.accuracy.dataloader);
}

/** The same about calibration data: their own choice, else that of the evaluation data. */
export function calibrationArrays(settings: TuneSettings): ArrayChoice | undefined {
  return choiceOf(settings.quantization.calibration.dataloader) ?? evaluationArrays(settings);
}

/** The settings with a choice in them, as if the configuration had stated it. */
export function withArrays(settings: TuneSettings, choice: ArrayChoice | undefined): TuneSettings {
  if (!choice) return settings;
  const { accuracy } = settings.evaluation;
  const dataloader = { ...(accuracy.dataloader ?? PLAIN_LOADER), ...choice };
  return { ...settings, evaluation: { ...settings.evaluation, accuracy: { ...accuracy, dataloader } } };
}

/** Names of the classes in the model's order, where the settings say them. */
export function statedClasses({ evaluation }: TuneSettings): readonly string[] | undefined {
  return evaluation.accuracy.dataloader?.classes;
}

/** The settings with the classes in them, as if the configuration had stated them. */
export function withClasses(settings: TuneSettings, classes: readonly string[] | undefined): TuneSettings {
  if (!classes) return settings;
  const { accuracy } = settings.evaluation;
  const dataloader = { ...(accuracy.dataloader ?? PLAIN_LOADER), classes };
  return { ...settings, evaluation: { ...settings.evaluation, accuracy: { ...accuracy, dataloader } } };
}

function choiceOf(dataloader: DataloaderSettings | null): ArrayChoice | undefined {
  const { inputs, labels } = dataloader ?? {};
  if (!inputs && labels === undefined) return undefined;
  return { ...(inputs && { inputs }), ...(labels !== undefined && { labels }) };
}
