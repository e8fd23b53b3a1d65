import type { SourceFile } from '../base/source-file.ts';
import { groupFiles, type Slot, type Slots } from './sort-files.ts';

export interface SlotLabel {
  readonly slot: Slot;
  /** The accessible name of its file input. */
  readonly label: string;
  readonly help: string;
  readonly accept?: string;
}

export const SLOTS: readonly SlotLabel[] = [
  {
    slot: 'model',
    label: 'Model',
    help: '.onnx, with its data files if it has any',
    accept: '.onnx,.data,.onnx_data,.bin',
  },
  {
    slot: 'calibration',
    label: 'Calibration data',
    help: 'Some hundred samples. Without, some of the evaluation data.',
  },
  { slot: 'evaluation', label: 'Evaluation data', help: 'With labels, or without to match the float model.' },
  { slot: 'holdOut', label: 'Held-out data', help: 'No trial sees it. Without, 20 % of 500 and more samples.' },
  { slot: 'config', label: 'Configuration', help: 'YAML of Neural Compressor; optional', accept: '.yaml,.yml' },
  {
    slot: 'strategy',
    label: 'Strategy',
    help: 'A module of your own that leads the search; optional',
    accept: '.mjs,.js',
  },
];

/** What dropped files were taken for, in words: `model.onnx: Model; photos/: Evaluation data`. */
export function placedWords(slots: Slots, dropped: readonly SourceFile[]): string {
  const words = groupFiles(dropped).flatMap(({ name, files }) => {
    const places = SLOTS.filter(({ slot }) => files.some((file) => slots[slot].includes(file)));
    return places.length > 0 ? [`${name}: ${places.map(({ label }) => label).join(', ')}`] : [];
  });
  const shown = words.slice(0, 4).join('; ');
  return words.length > 4 ? `${shown}; and ${words.length - 4} more` : shown;
}
