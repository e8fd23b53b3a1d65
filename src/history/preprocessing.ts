import { metricWords } from './config-words.ts';
import type { OptionValues } from '../base/options.ts';

/** What is done to a sample before the model sees it, in terms of the configuration. */
export interface PreprocessingChoice {
  readonly transforms: readonly { readonly name: string; readonly options: OptionValues }[];
  /** Subtracted from every label, as LabelShift of Neural Compressor. */
  readonly labelShift: number;
}

/** A preprocessing that was tried with the float model. */
export interface TriedPreprocessing extends PreprocessingChoice {
  /** In plain words: scaling, colour order, size. */
  readonly words: string;
  /** By the metric of the session; null: not tried. */
  readonly score: number | null;
  /** Mean natural logarithm of the probability of the label; null where the output has no classes. */
  readonly logProbability: number | null;
  /** That the score comes from. */
  readonly samples: number;
}

/**
 * Where the transforms of a session come from, where its configuration states none. `found`: the best of the usual ones by the float
 * model's score; `by shape`: only the order of dimensions differs; `assumed`: nothing tells, without labels; `chosen`: by the user.
 */
export interface Preprocessing extends TriedPreprocessing {
  readonly source: 'found' | 'by shape' | 'assumed' | 'chosen';
  /** Name of the metric, and the k of top-k; k is absent in sessions of early versions. */
  readonly metric: string;
  readonly k?: number;
  /** Whether the best is no better than guessing: then labels or model are at fault, not the scaling. */
  readonly isChance: boolean;
  readonly runnersUp: readonly TriedPreprocessing[];
  /** Where calibration data lie otherwise in their files than evaluation data. */
  readonly calibrationTransforms?: PreprocessingChoice['transforms'];
  readonly classOrder?: ClassOrder;
}

/** Names of classes in the order of the model's outputs, where nothing lists them so and sorted order does not fit its answers. */
export interface ClassOrder {
  readonly names: readonly string[];
  /** Share of samples whose label the float model answers: in this order, found on one half and judged on the other. */
  readonly share: number;
  /** The same in the sorted order of the names. */
  readonly sortedShare: number;
  readonly samples: number;
}

/** As one that was tried, whatever else is known of it. */
export function withoutSource(tried: TriedPreprocessing): TriedPreprocessing {
  const { words, transforms, labelShift, score, logProbability, samples } = tried;
  return { words, transforms, labelShift, score, logProbability, samples };
}

/** One sentence for people: which class is which, and how that is known. */
export function classOrderSentence({ names, share, sortedShare, samples }: ClassOrder): string {
  const shown = names.slice(0, 4).map((name, number) => `${number} ${name}`);
  const rest = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `The model’s own answers order the classes: ${shown.join(', ')}${rest} (${percent(share)} of ${samples} labels fit; ${percent(sortedShare)} in the sorted order of their names). A file labels.txt with a name a line overrides it.`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Some sentences for people: what is done, and how sure that is. */
export function preprocessingSentence(preprocessing: Preprocessing): string {
  const { classOrder } = preprocessing;
  const steps = stepsSentence(preprocessing);
  return classOrder ? `${steps} ${classOrderSentence(classOrder)}` : steps;
}

function stepsSentence(preprocessing: Preprocessing): string {
  const { source, samples, isChance, score } = preprocessing;
  const metric = metricWords(preprocessing.metric, preprocessing.k);
  const words = wordsOf(preprocessing);
  if (source === 'chosen')
    return `Preprocessing, chosen by hand: ${words}${score === null ? '' : ` (${metric} ${scoreText(preprocessing)} on ${samples} samples)`}.`;
  if (source === 'by shape') return `Preprocessing, by the shape of the input: ${words}.`;
  if (source === 'assumed') {
    return `Preprocessing, assumed: ${words}. Without labels nothing shows whether the model was trained so; int8 models are compared with the float model.`;
  }
  const [next] = preprocessing.runnersUp;
  const rival = next ? `; next: ${wordsOf(next)}, ${scoreText(next)}` : '';
  const found = `Preprocessing, found: ${words} (${metric} ${scoreText(preprocessing)} on ${samples} samples${rival}).`;
  if (!isChance || score === null) return found;
  return `${found} That is no better than guessing: check that the labels belong to this model and count as it does.`;
}

/** With the shift of labels, where there is one. */
export function wordsOf({ words, labelShift }: Pick<TriedPreprocessing, 'words' | 'labelShift'>): string {
  if (labelShift === 0) return words;
  return `${words}, ${Math.abs(labelShift)} ${labelShift > 0 ? 'subtracted from' : 'added to'} every label`;
}

export function scoreText({ score }: Pick<TriedPreprocessing, 'score'>): string {
  return score === null ? 'not tried' : score.toFixed(3);
}

/** The transforms as a list in the notation of the YAML. */
export function transformsYaml({ transforms }: Pick<PreprocessingChoice, 'transforms'>): string {
  return transforms.map(({ name, options }) => `${name}: ${flow(options)}`).join('\n');
}

function flow(options: OptionValues): string {
  const entries = Object.entries(options).map(
    ([name, value]) => `${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`,
  );
  return `{${entries.join(', ')}}`;
}
