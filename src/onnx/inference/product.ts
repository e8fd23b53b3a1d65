import { intAttribute, stringAttribute } from '../attributes.ts';
import type { Dims } from '../value-info.ts';
import { broadcast } from './dims.ts';
import type { InferenceRule, RuleFamily } from './rule.ts';

/** numpy.matmul: vectors count as a row or a column and lose that axis again. */
function matMulDims(a: Dims | undefined, b: Dims | undefined): Dims | undefined {
  if (!a || !b || a.length === 0 || b.length === 0) return undefined;
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]) ?? [];
  const rows = a.length > 1 ? [a.at(-2) ?? null] : [];
  const columns = b.length > 1 ? [b.at(-1) ?? null] : [];
  return [...batch, ...rows, ...columns];
}

const matMul: InferenceRule = ({ input }) => [
  { type: input(0).type ?? input(1).type, dims: matMulDims(input(0).dims, input(1).dims) },
];

function swapped(dims: Dims | undefined, isTransposed: boolean): Dims | undefined {
  if (!dims || !isTransposed || dims.length < 2) return dims;
  return [...dims.slice(0, -2), dims.at(-1) ?? null, dims.at(-2) ?? null];
}

const fusedMatMul: InferenceRule = ({ node, input }) => {
  const a = swapped(input(0).dims, intAttribute(node, 'transA', 0) === 1);
  const b = swapped(input(1).dims, intAttribute(node, 'transB', 0) === 1);
  const isPlain = !intAttribute(node, 'transBatchA', 0) && !intAttribute(node, 'transBatchB', 0);
  return [{ type: input(0).type ?? input(1).type, dims: isPlain ? matMulDims(a, b) : undefined }];
};

const gemm: InferenceRule = ({ node, input }) => {
  const rows = input(0).dims?.[intAttribute(node, 'transA', 0) ? 1 : 0] ?? null;
  const columns = input(1).dims?.[intAttribute(node, 'transB', 0) ? 0 : 1] ?? null;
  return [{ type: input(0).type ?? input(1).type, dims: [rows, columns] }];
};

/** Sizes by letter; equations with an ellipsis are left open. */
const einsum: InferenceRule = ({ node, input }) => {
  const type = input(0).type;
  const [left = '', right] = stringAttribute(node, 'equation', '').replaceAll(' ', '').split('->');
  if (right === undefined || left.includes('.') || right.includes('.')) return [{ type, dims: undefined }];
  const sizes = new Map<string, number | null>();
  left.split(',').forEach((letters, index) =>
    [...letters].forEach((letter, axis) => {
      const size = input(index).dims?.[axis] ?? null;
      if (!sizes.get(letter) || sizes.get(letter) === 1) sizes.set(letter, size ?? sizes.get(letter) ?? null);
    }),
  );
  return [{ type, dims: [...right].map((letter) => sizes.get(letter) ?? null) }];
};

/** Matrix products. */
export const PRODUCT: RuleFamily = { MatMul: matMul, FusedMatMul: fusedMatMul, Gemm: gemm, Einsum: einsum };
