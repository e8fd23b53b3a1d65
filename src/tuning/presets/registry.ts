import { fastest } from './fastest.ts';
import { incBasic } from './inc-basic.ts';
import { mostAccurate } from './most-accurate.ts';
import type { Preset } from './preset.ts';
import { quickLook } from './quick-look.ts';
import { recommended } from './recommended.ts';
import { smallestAtNoCost } from './smallest-at-no-cost.ts';
import { transformers } from './transformers.ts';

/** Every preset, in the order in which they are offered. */
export const PRESETS: readonly Preset[] = [
  recommended,
  quickLook,
  smallestAtNoCost,
  fastest,
  mostAccurate,
  transformers,
  incBasic,
];
