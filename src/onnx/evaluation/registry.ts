import { ARITHMETIC } from './arithmetic.ts';
import type { Evaluator } from './evaluator.ts';
import { MOVEMENT } from './movement.ts';

/** Evaluators by operator type (ai.onnx). */
export const EVALUATORS: ReadonlyMap<string, Evaluator> = new Map([ARITHMETIC, MOVEMENT].flatMap(Object.entries));
