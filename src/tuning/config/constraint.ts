import { constraintOf, listOf } from './lists.ts';
import { integer, oneOf } from './scalars.ts';
import { key, section } from './shape.ts';
import type { Plain, Shape, ValueOf } from './shape.ts';

const float = { value: 'fp32', because: 'Octet computes an op in int8 or in float.' } as const;
const floats = { readAs: { bf16: float, fp16: float } } as const;

const granularity = constraintOf(oneOf(['per_channel', 'per_tensor']));
const dtype = constraintOf(oneOf(['int8', 'uint8', 'int16', 'uint16', 'fp32'], floats));
const weightDtype = constraintOf(oneOf(['int8', 'uint8', 'int4', 'fp32'], floats));
/** Sizes that a space may hold; see the capability. */
const GROUP_SIZES: readonly unknown[] = [32, 128];
const groupSize: Shape<number> = {
  accepts: '32 or 128',
  read(cursor) {
    const value = cursor.node.kind === 'scalar' ? cursor.node.value : null;
    if (typeof value !== 'number' || !GROUP_SIZES.includes(value)) throw cursor.invalid(this.accepts);
    return value;
  },
  write: (value) => value,
};
const scheme = constraintOf(oneOf(['sym', 'asym']), { ignored: { asym_float: 'it is a scheme of PyTorch.' } });

const weight = section({
  granularity: key('granularity', granularity, null, 'One scale per output channel, or one per tensor.'),
  scheme: key('scheme', scheme, null, 'Zero point at 0, or anywhere.'),
  dtype: key(
    'dtype',
    weightDtype,
    null,
    'Integer types of the weights; fp32: float compute; int4: float compute from 4-bit weights.',
  ),
  groupSize: key('group_size', constraintOf(groupSize), null, 'Inputs that share a scale where weights are int4.'),
  algorithm: key('algorithm', constraintOf(oneOf(['minmax'])), null, 'Range method of the weights.'),
  bit: key(
    'bit',
    constraintOf(integer({ min: 7, max: 8 })),
    null,
    'Bits of the weights: 8, or 7 (reduce_range) for x64 without VNNI, where products saturate.',
  ),
});

const algorithm = constraintOf(oneOf(['minmax', 'kl', 'percentile', 'mse']), {
  ignored: { placeholder: 'it is an algorithm of PyTorch.' },
});
const computeDtype = listOf(oneOf(['int8', 'uint8', 'fp32', 'bf16', 'None']));

const activation = section({
  granularity: key('granularity', granularity, null, 'One scale per tensor.'),
  scheme: key('scheme', scheme, null, 'Zero point at 0, or anywhere.'),
  dtype: key(
    'dtype',
    dtype,
    null,
    'Integer types of the activations (16 bits: for NPUs, slower than float here); fp32: float compute.',
  ),
  algorithm: key('algorithm', algorithm, null, 'Range methods of the activations.'),
  computeDtype: key('compute_dtype', computeDtype, [], 'Type of dynamic activations.', {
    unused: 'it belongs to dynamic quantization in PyTorch.',
  }),
});

/** What ops may be: lists of allowed values per item; null where the item is free. */
export const constraint = section({
  weight: key('weight', weight, weight.defaults, 'Constraints on weights.'),
  activation: key('activation', activation, activation.defaults, 'Constraints on activations.'),
});

export type Constraint = ValueOf<typeof constraint>;

/** A constraint for the ops of one type, or for the ops that a pattern names. */
export interface NamedConstraint {
  readonly name: string;
  readonly constraint: Constraint;
}

/** `{name: constraint}`, in file order. */
export const namedConstraints: Shape<readonly NamedConstraint[]> = {
  accepts: 'a map of names to {weight: …, activation: …}',
  read(cursor) {
    if (cursor.node.kind !== 'map') throw cursor.invalid(this.accepts);
    return cursor.children().map(({ key: name, cursor: child }) => ({ name, constraint: constraint.read(child) }));
  },
  write(entries) {
    if (entries.length === 0) return undefined;
    return new Map(entries.map((entry): [string, Plain] => [entry.name, constraint.write(entry.constraint) ?? null]));
  },
};
