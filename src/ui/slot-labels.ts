import type { SourceFile } from '../base/source-file.ts';
import { groupFiles, type Slot, type Slots } from './sort-files.ts';

export interface SlotLabel {
  readonly slot: Slot;
  /** The accessible name of its file input. */
  readonly label: string;
  readonly help: string;
  readonly accept?: string;
}

/** What a tuning starts from. */
export const FIRST_SLOTS: readonly SlotLabel[] = [
  {
    slot: 'model',
    label: 'Model',
    help: '.onnx, with its data files if it has any',
    accept: '.onnx,.data,.onnx_data,.bin,.zip,.tar,.tgz,.gz',
  },
  { slot: 'evaluation', label: 'Evaluation data', help: 'With labels, or without to match the float model.' },
  {
    slot: 'calibration',
    label: 'Calibration data',
    help: 'Optional: some hundred samples. Without, some of the evaluation data.',
  },
];

/** What most tunings do without. */
export const MORE_SLOTS: readonly SlotLabel[] = [
  { slot: 'config', label: 'Configuration', help: 'YAML, as of Neural Compressor.', accept: '.yaml,.yml' },
  { slot: 'holdOut', label: 'Held-out data', help: 'No trial sees it. Without, 20 % of 500 and more samples.' },
  { slot: 'strategy', label: 'Strategy', help: 'A module of your own that leads the search.', accept: '.mjs,.js' },
];

export const SLOTS: readonly SlotLabel[] = [...FIRST_SLOTS, ...MORE_SLOTS];

/** What dropped files were taken for, in words: `model.onnx: Model; photos/: Evaluation data`. */
export function placedWords(slots: Slots, dropped: readonly SourceFile[]): string {
  const words = groupFiles(dropped).flatMap(({ name, files }) => {
    const places = SLOTS.filter(({ slot }) => files.some((file) => slots[slot].includes(file)));
    return places.length > 0 ? [`${name}: ${places.map(({ label }) => label).join(', ')}`] : [];
  });
  const shown = words.slice(0, 4).join('; ');
  return words.length > 4 ? `${shown}; and ${words.length - 4} more` : shown;
}
