import { integersToInput } from './integers-to-input.ts';

/** Operator set 13 takes the axes of these operators as an input. */
export const AXES = integersToInput('axes', ['Squeeze', 'Unsqueeze', 'ReduceSum']);
