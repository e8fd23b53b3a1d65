import type { TensorType } from '../../base/tensor.ts';
import { intAttribute } from '../attributes.ts';
import { broadcast, knownCount } from './dims.ts';
import { MAX_VALUES, forEach, type InferenceRule, type InferredTensor, type RuleFamily, type Values } from './rule.ts';

type Combine = (...operands: number[]) => number;

/** Element-wise on all inputs with broadcasting; `combine` follows values of shape arithmetic. */
function elementwise(
  type: (inputs: readonly InferredTensor[]) => TensorType | undefined,
  combine?: Combine,
): InferenceRule {
  return ({ node, input }) => {
    const inputs = node.input.map((_, index) => input(index));
    const dims = broadcast(inputs.map((tensor) => tensor.dims));
    const output = { type: type(inputs), dims };
    const values = combine && combined(inputs, dims && knownCount(dims), combine);
    return [{ ...output, values: values?.map((value) => rounded(value, output.type)) }];
  };
}

/** Only between scalars and vectors of one length, which is all that shape arithmetic needs. */
function combined(
  inputs: readonly InferredTensor[],
  count: number | null | undefined,
  combine: Combine,
): Values | undefined {
  if (typeof count !== 'number' || count > MAX_VALUES) return undefined;
  const columns = inputs.map(({ values, dims }) => (dims && dims.length <= 1 ? values : undefined));
  if (columns.some((values) => values === undefined || (values.length !== count && values.length !== 1))) {
    return undefined;
  }
  return Array.from({ length: count }, (_, index) => {
    const operands = columns.map((values) => values?.[values.length === 1 ? 0 : index] ?? null);
    const known = operands.filter((operand) => operand !== null);
    return known.length === operands.length ? combine(...known) : null;
  });
}

function rounded(value: number | null, type: TensorType | undefined): number | null {
  if (value === null || type === undefined) return null;
  if (type === 'float32') return Math.fround(value);
  if (type === 'float64' || type === 'bool') return value;
  return Number.isFinite(value) ? Math.trunc(value) : null;
}

const ofFirst = (inputs: readonly InferredTensor[]) => inputs.find(({ type }) => type !== undefined)?.type;
const bool = () => 'bool' as const;
const truth = (test: (a: number, b: number) => boolean): Combine => {
  return (a = NaN, b = NaN) => Number(test(a, b));
};

/** Where picks the known side by its condition even when the other side is not known. */
const where: InferenceRule = ({ input }) => {
  const [condition, yes, no] = [input(0), input(1), input(2)];
  const dims = broadcast([condition.dims, yes.dims, no.dims]);
  const values = condition.values?.map((chosen, index) => {
    const side = chosen === null ? undefined : chosen ? yes : no;
    return side?.values?.[side.values.length === 1 ? 0 : index] ?? null;
  });
  const isVector = dims !== undefined && dims.length <= 1 && knownCount(dims) === values?.length;
  return [{ type: yes.type ?? no.type, dims, values: isVector ? values : undefined }];
};

const modulo: InferenceRule = (context) => {
  const fmod = intAttribute(context.node, 'fmod', 0) === 1;
  return elementwise(ofFirst, fmod ? (a = 0, b = 1) => a % b : (a = 0, b = 1) => ((a % b) + b) % b)(context);
};

/** Element-wise functions of several tensors, with broadcasting. */
export const ELEMENTWISE: RuleFamily = {
  Add: elementwise(ofFirst, (a = NaN, b = NaN) => a + b),
  Sub: elementwise(ofFirst, (a = NaN, b = NaN) => a - b),
  Mul: elementwise(ofFirst, (a = NaN, b = NaN) => a * b),
  Div: elementwise(ofFirst, (a = NaN, b = NaN) => a / b),
  Max: elementwise(ofFirst, Math.max),
  Min: elementwise(ofFirst, Math.min),
  Mod: modulo,
  Pow: elementwise(([base]) => base?.type),
  ...forEach(['Sum', 'Mean', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], elementwise(ofFirst)),
  Equal: elementwise(
    bool,
    truth((a, b) => a === b),
  ),
  Greater: elementwise(
    bool,
    truth((a, b) => a > b),
  ),
  Less: elementwise(
    bool,
    truth((a, b) => a < b),
  ),
  ...forEach(['GreaterOrEqual', 'LessOrEqual', 'And', 'Or', 'Xor'], elementwise(bool)),
  Where: where,
};
