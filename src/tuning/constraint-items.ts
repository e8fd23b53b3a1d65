import type { Int8OpConfig } from '../quantize/config.ts';
import type { Constraint } from './config/constraint.ts';

/** One item that a constraint may list: where it stands in the YAML, and how it is read off an option. */
export interface ConstraintItem {
  /** Path below the constraint, as in the YAML. */
  readonly path: string;
  /** Lists of dtypes also say whether float compute is allowed (`fp32`). */
  readonly isDtype: boolean;
  listed(constraint: Constraint): readonly string[] | null;
  of(option: Int8OpConfig): string;
  /** False where the item means nothing to the option. */
  concerns(option: Int8OpConfig): boolean;
}

const WEIGHT = ['granularity', 'scheme', 'dtype', 'algorithm'] as const;
const ACTIVATION = ['scheme', 'dtype', 'algorithm', 'granularity'] as const;

/** In the order in which options are enumerated where lists reorder them: the last varies fastest. */
export const CONSTRAINT_ITEMS: readonly ConstraintItem[] = [
  ...WEIGHT.map((name): ConstraintItem => ({
    path: `weight.${name}`,
    isDtype: name === 'dtype',
    listed: ({ weight }) => weight[name],
    of: ({ weight }) => weight[name],
    concerns: ({ mode }) => mode !== 'weight_only' || name === 'dtype' || name === 'scheme',
  })),
  {
    path: 'weight.group_size',
    isDtype: false,
    listed: ({ weight }) => weight.groupSize?.map(String) ?? null,
    of: ({ weight }) => String(weight.groupSize),
    concerns: ({ mode }) => mode === 'weight_only',
  },
  {
    path: 'weight.bit',
    isDtype: false,
    listed: ({ weight }) => weight.bit?.map(String) ?? null,
    of: ({ weight }) => String(weight.bit ?? 8),
    concerns: ({ mode }) => mode !== 'weight_only',
  },
  ...ACTIVATION.map((name): ConstraintItem => ({
    path: `activation.${name}`,
    isDtype: name === 'dtype',
    listed: ({ activation }) => activation[name],
    of: ({ activation }) => activation[name],
    concerns: ({ mode }) => mode !== 'weight_only' && (name !== 'algorithm' || mode === 'static'),
  })),
];

/** Whether a constraint asks for int8 by name; such ops are quantized even where that does not pay. */
export function namesInt8({ weight, activation }: Constraint): boolean {
  return [weight.dtype, activation.dtype].some((list) => list?.some((dtype) => dtype !== 'fp32') ?? false);
}

/** Whether a constraint leaves float compute as a choice. */
export function allowsFloat({ weight, activation }: Constraint): boolean {
  return [weight.dtype, activation.dtype].every((list) => list?.includes('fp32') ?? true);
}
