import type { DataloaderSettings } from '../tuning/config/dataloader.ts';

/** A dataloader that says nothing. */
export const PLAIN_LOADER: DataloaderSettings = {
  batchSize: null,
  lastBatch: 'rollover',
  dataset: null,
  transform: [],
  filter: null,
  shuffle: false,
  distributed: false,
};
