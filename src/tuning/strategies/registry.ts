import type { TuneStrategy } from '../types.ts';
import { auto } from './auto.ts';
import { basic } from './basic.ts';
import { bayesian } from './bayesian.ts';
import { conservative } from './conservative.ts';
import { exhaustive } from './exhaustive.ts';
import { mse } from './mse.ts';
import { mseV2 } from './mse-v2.ts';
import { random } from './random.ts';
import { sigopt } from './sigopt.ts';
import { tpe } from './tpe.ts';

/** Every strategy, in the order in which they are offered; the first is the default. */
export const STRATEGIES: readonly TuneStrategy[] = [
  auto,
  basic,
  mse,
  mseV2,
  conservative,
  bayesian,
  tpe,
  sigopt,
  random,
  exhaustive,
];
