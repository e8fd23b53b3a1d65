import { allocate, elementCount } from '../../base/tensor.ts';
import { attribute, intAttribute, intsAttribute } from '../attributes.ts';
import { normalAxes, normalAxis } from '../inference/dims.ts';
import { slicePositions } from '../inference/selection.ts';
import { readTensor } from '../tensor-proto.ts';
import { integersOf, numbersOf, setNumber, type Evaluator, type EvaluatorFamily } from './evaluator.ts';
import { broadcastStrides, rowMajorStrides, takeStrided } from './strides.ts';

/** Same elements in the same order. */
const view: Evaluator = ({ inputs: [input] }) => input?.data;

const transpose: Evaluator = ({ node, inputs: [input], type, dims }) => {
  if (!input) return undefined;
  const strides = rowMajorStrides(input.dims);
  const order = intsAttribute(node, 'perm') ?? input.dims.map((_, axis) => input.dims.length - 1 - axis);
  return takeStrided(type, input.data, { dims, strides: order.map((axis) => strides[axis] ?? 0) });
};

const expand: Evaluator = ({ inputs: [input], type, dims }) =>
  input && takeStrided(type, input.data, { dims, strides: broadcastStrides(input.dims, dims) });

const slice: Evaluator = ({ node, inputs, type, dims }) => {
  const [input] = inputs;
  const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((name, index) =>
    integersOf(inputs[index + 1], intsAttribute(node, name)),
  );
  if (!input || !starts || !ends) return undefined;
  const strides = rowMajorStrides(input.dims);
  const touched = normalAxes(axes ?? starts.map((_, index) => index), input.dims.length);
  let start = 0;
  touched.forEach((axis, index) => {
    const cut = { start: starts[index] ?? 0, end: ends[index] ?? 0, step: steps?.[index] ?? 1 };
    const [first = 0] = slicePositions(cut, input.dims[axis] ?? 0);
    start += first * (strides[axis] ?? 0);
    strides[axis] = (strides[axis] ?? 0) * cut.step;
  });
  return takeStrided(type, input.data, { dims, strides, start });
};

const split: Evaluator = ({ node, inputs: [input, sizes], type, dims, outputIndex }) => {
  const axis = input && normalAxis(intAttribute(node, 'axis', 0), input.dims.length);
  if (!input || axis === undefined) return undefined;
  const given = integersOf(sizes, intsAttribute(node, 'split'));
  const equal = Math.ceil((input.dims[axis] ?? 0) / node.output.length);
  const before = given ? given.slice(0, outputIndex).reduce((sum, size) => sum + size, 0) : equal * outputIndex;
  const strides = rowMajorStrides(input.dims);
  return takeStrided(type, input.data, { dims, strides, start: before * (strides[axis] ?? 0) });
};

const concat: Evaluator = ({ node, inputs, type, dims }) => {
  const axis = normalAxis(intAttribute(node, 'axis', 0), dims.length);
  if (axis === undefined) return undefined;
  const out = allocate(type, elementCount(dims));
  const rows = elementCount(dims.slice(0, axis));
  const rowLength = elementCount(dims.slice(axis));
  let at = 0;
  for (const input of inputs) {
    if (!input) return undefined;
    const length = elementCount(input.dims.slice(axis));
    for (let row = 0; row < rows; row++) {
      const part = input.data.subarray(row * length, (row + 1) * length);
      out.set(part as never, row * rowLength + at);
    }
    at += length;
  }
  return out;
};

const gather: Evaluator = ({ node, inputs: [input, indices], type, dims }) => {
  const axis = input && normalAxis(intAttribute(node, 'axis', 0), input.dims.length);
  if (!input || !indices || axis === undefined) return undefined;
  const size = input.dims[axis] ?? 0;
  const block = elementCount(input.dims.slice(axis + 1));
  const rows = elementCount(input.dims.slice(0, axis));
  const out = allocate(type, elementCount(dims));
  const places = Array.from(indices.data as ArrayLike<number | bigint>, Number);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const place of places) {
      const from = (row * size + (place < 0 ? place + size : place)) * block;
      out.set(input.data.subarray(from, from + block) as never, at);
      at += block;
    }
  }
  return out;
};

const constantOfShape: Evaluator = ({ node, type, dims }) => {
  const value = attribute(node, 'value')?.t;
  const out = allocate(type, elementCount(dims));
  if (value) out.fill((readTensor(value).data[0] ?? 0) as never);
  return out;
};

const range: Evaluator = ({ inputs: [start, , delta], type, dims }) => {
  const first = start && numbersOf(start)?.[0];
  const step = delta && numbersOf(delta)?.[0];
  if (first === undefined || step === undefined) return undefined;
  const out = allocate(type, elementCount(dims));
  for (let index = 0; index < out.length; index++) if (!setNumber(out, index, first + index * step)) return undefined;
  return out;
};

/** What moves elements or makes them out of nothing. */
export const MOVEMENT: EvaluatorFamily = {
  Identity: view,
  Reshape: view,
  Flatten: view,
  Squeeze: view,
  Unsqueeze: view,
  Transpose: transpose,
  Expand: expand,
  Slice: slice,
  Split: split,
  Concat: concat,
  Gather: gather,
  ConstantOfShape: constantOfShape,
  Range: range,
};
