import { parseClassNames } from '../data/class-names.ts';
import type { LoadedModel } from '../onnx/load-model.ts';

/** Keys of metadata under which exporters leave the names of classes (Ultralytics, Hugging Face, Custom Vision …). */
const KEYS = ['names', 'class_names', 'classes', 'labels', 'id2label', 'label_names'];

/** The names of classes in a model's metadata, in their order; undefined where it has none. */
export function modelClassNames({ model }: Pick<LoadedModel, 'model'>): readonly string[] | undefined {
  const entries = new Map(model.metadataProps.map(({ key, value }) => [(key ?? '').toLowerCase(), value ?? '']));
  for (const key of KEYS) {
    const text = entries.get(key);
    const names =
      text === undefined
        ? undefined
        : parseClassNames(text.includes('\n') || /^[[{]/.test(text.trim()) ? text : text.split(',').join('\n'));
    if (names && names.length > 1) return names;
  }
  return undefined;
}
