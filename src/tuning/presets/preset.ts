/** A named starting point. One file and one line in `registry.ts` each. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  /** When to use it, in one sentence. */
  readonly help: string;
  /** Of every key that any preset sets, so that one leaves nothing of another behind; null: the key is taken out. */
  readonly values: readonly PresetValue[];
}

export interface PresetValue {
  /** Keys from the outermost inwards. */
  readonly path: readonly string[];
  /** As YAML, on one line; null: the default, which needs no line. */
  readonly value: string | null;
}

const KEYS = {
  approach: ['quantization', 'approach'],
  weightDtype: ['quantization', 'model_wise', 'weight', 'dtype'],
  smoothQuantAlpha: ['quantization', 'recipes', 'smooth_quant_args', 'alpha'],
  strategy: ['tuning', 'strategy', 'name'],
  objective: ['tuning', 'objective'],
  timeout: ['tuning', 'exit_policy', 'timeout'],
  maxTrials: ['tuning', 'exit_policy', 'max_trials'],
  earlyStopping: ['tuning', 'exit_policy', 'early_stopping'],
} as const;

/** The accuracy criterion, the data and all else that a preset does not name stay as they are. */
export function presetValues(set: { readonly [key in keyof typeof KEYS]?: string }): PresetValue[] {
  return (Object.keys(KEYS) as (keyof typeof KEYS)[]).map((key) => ({ path: KEYS[key], value: set[key] ?? null }));
}
