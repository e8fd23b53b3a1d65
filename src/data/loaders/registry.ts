import { idx } from './idx.ts';
import { images } from './images.ts';
import type { Loader } from './loader.ts';
import { numpy } from './numpy.ts';

/** In order of preference where files of several kinds are dropped together. */
export const LOADERS: readonly Loader[] = [numpy, idx, images];
