import { elementCount } from '../../base/tensor.ts';
import { attribute } from '../attributes.ts';
import type { NodeProto, TensorProto } from '../proto/onnx_pb.ts';
import { dimsOf, floats, int64s, isExternal, readTensor } from '../tensor-proto.ts';
import { tensorType } from '../data-types.ts';
import { MAX_VALUES, UNKNOWN, type InferredTensor, type RuleFamily } from './rule.ts';

/** A stored tensor, with its elements if it is small enough to be a shape. */
export function constantTensor(proto: TensorProto): InferredTensor {
  const dims = dimsOf(proto);
  const type = tensorType(proto.dataType);
  const isSmall = dims.length <= 1 && elementCount(dims) <= MAX_VALUES;
  if (!isSmall || type === undefined || type === 'float16' || isExternal(proto)) return { type, dims };
  const values: number[] = [];
  for (const value of readTensor(proto).data) values.push(Number(value));
  return { type, dims, values };
}

/** What a Constant node holds, in any of its forms; undefined for sparse tensors and strings outside a tensor. */
export function constantValue(node: NodeProto): TensorProto | undefined {
  const value = attribute(node, 'value')?.t;
  if (value) return value;
  const [name = ''] = node.output;
  for (const { name: form, f, floats: fs, i, ints } of node.attribute) {
    if (form === 'value_float') return floats(name, [f], []);
    if (form === 'value_floats') return floats(name, fs);
    if (form === 'value_int') return int64s(name, [i], []);
    if (form === 'value_ints') return int64s(name, ints);
  }
  return undefined;
}

export const CONSTANT: RuleFamily = {
  Constant: ({ node }) => {
    const value = constantValue(node);
    return [value ? constantTensor(value) : UNKNOWN];
  },
};
