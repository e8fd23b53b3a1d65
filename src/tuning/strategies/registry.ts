import type { TuneStrategy } from '../types.ts';
import { basic } from './basic.ts';

/** Every strategy, in the order in which they are offered. */
export const STRATEGIES: readonly TuneStrategy[] = [basic];
