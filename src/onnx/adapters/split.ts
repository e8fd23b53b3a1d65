import { integersToInput } from './integers-to-input.ts';

/** Operator set 13 takes the sizes of the parts as an input. */
export const SPLIT = integersToInput('split', ['Split']);
