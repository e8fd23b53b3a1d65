import type { NodeSpec } from '../../onnx/attributes.ts';
import { TensorProto_DataType as DataType, type TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { writeTensor } from '../../onnx/tensor-proto.ts';
import { broadcastDims } from '../channels.ts';
import type { StoredWeight } from '../weight-storage.ts';

/** What takes a float weight's place: constants, and the nodes that make the weight of them under its old name. */
export interface StoredNodes {
  readonly initializers: readonly TensorProto[];
  readonly nodes: readonly NodeSpec[];
}

/** Cast and Mul of a stored weight, which ONNX Runtime folds when a session is created: same kernels, same speed. */
export function storedNodes(name: string, stored: StoredWeight, uniqueName: (base: string) => string): StoredNodes {
  const cast = (input: string, output: string): NodeSpec => ({
    opType: 'Cast',
    name: uniqueName(`${name}_Cast`),
    input: [input],
    output: [output],
    attributes: { to: DataType.FLOAT },
  });
  if (stored.form === 'float16') {
    const bits = uniqueName(`${name}_float16`);
    const proto = writeTensor(bits, { type: 'float16', dims: stored.dims, data: stored.bits });
    return { initializers: [proto], nodes: [cast(bits, name)] };
  }
  const codes = uniqueName(`${name}_int8`);
  const initializers = [writeTensor(codes, { type: 'int8', dims: stored.dims, data: stored.codes })];
  let value = uniqueName(`${name}_codes`);
  const nodes = [cast(codes, value)];
  stored.factors.forEach(({ axis, scales }, i) => {
    const scale = uniqueName(`${name}_scale`);
    const dims = broadcastDims(stored.dims.length, axis, scales.length);
    initializers.push(writeTensor(scale, { type: 'float32', dims, data: scales }));
    const product = i === stored.factors.length - 1 ? name : uniqueName(`${name}_scaled`);
    nodes.push({ opType: 'Mul', name: uniqueName(`${name}_Mul`), input: [value, scale], output: [product] });
    value = product;
  });
  return { initializers, nodes };
}

/** Bytes of the constants; names and nodes are not counted. */
export function storedBytes(stored: StoredWeight): number {
  return stored.form === 'float16'
    ? stored.bits.byteLength
    : stored.factors.reduce((sum, { scales }) => sum + scales.byteLength, stored.codes.byteLength);
}
