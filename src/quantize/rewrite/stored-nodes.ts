import type { NodeSpec } from '../../onnx/attributes.ts';
import { TensorProto_DataType as DataType } from '../../onnx/proto/onnx_pb.ts';
import { writeTensor } from '../../onnx/tensor-proto.ts';
import { broadcastDims } from '../channels.ts';
import { hasFloat16Scales } from '../block-weight.ts';
import type { StoredWeight } from '../weight-storage.ts';
import { int4Nodes, type StoredNodes } from './int4-nodes.ts';

/** Nodes that make the weight of what is stored; ONNX Runtime folds them when a session is created: same kernels, same speed. */
export function storedNodes(name: string, stored: StoredWeight, uniqueName: (base: string) => string): StoredNodes {
  if (stored.form === 'int4') return int4Nodes(name, stored.weight, stored.dims, uniqueName);
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
  switch (stored.form) {
    case 'float16':
      return stored.bits.byteLength;
    case 'int8':
      return stored.factors.reduce((sum, { scales }) => sum + scales.byteLength, stored.codes.byteLength);
    case 'int4': {
      const { codes, scales } = stored.weight;
      return codes.length / 2 + scales.length * (hasFloat16Scales(scales) ? 2 : 4);
    }
  }
}
