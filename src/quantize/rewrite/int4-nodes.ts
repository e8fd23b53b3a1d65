import { toFloat16Bits } from '../../base/float16.ts';
import type { Tensor } from '../../base/tensor.ts';
import type { NodeSpec } from '../../onnx/attributes.ts';
import { TensorProto_DataType as DataType, type TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { floats, int64s, writeTensor } from '../../onnx/tensor-proto.ts';
import { hasFloat16Scales, ZERO_CODE, type BlockWeight } from '../block-weight.ts';

/** What takes a float weight's place: constants, and the nodes that make the weight of them under its old name. */
export interface StoredNodes {
  readonly initializers: readonly TensorProto[];
  readonly nodes: readonly NodeSpec[];
}

/**
 * A weight in 4-bit blocks, two codes to a byte, unpacked by ops that ONNX Runtime folds at any opset: the first half of the
 * codes in the high bits (⌊byte / 16⌋), the second in the low ones (byte − 16 · high); then (codes − 8) · scale by block.
 * DequantizeLinear of opset 21 would say the same in one node, but runs at every inference or becomes MatMulNBits, which is slower.
 */
export function int4Nodes(
  name: string,
  { outer, length, inner, blocks, blockSize, codes, scales }: BlockWeight,
  dims: readonly number[],
  uniqueName: (base: string) => string,
): StoredNodes {
  const initializers: TensorProto[] = [];
  const nodes: NodeSpec[] = [];
  const constant = (suffix: string, make: (name: string) => TensorProto): string => {
    const proto = make(uniqueName(`${name}_${suffix}`));
    initializers.push(proto);
    return proto.name;
  };
  const apply = (
    opType: string,
    input: readonly string[],
    attributes: NodeSpec['attributes'] = {},
    output?: string,
  ) => {
    const result = output ?? uniqueName(`${name}_${opType}_Output`);
    nodes.push({ opType, name: uniqueName(`${name}_${opType}`), input, output: [result], attributes });
    return result;
  };
  const toFloat = (tensor: string): string => apply('Cast', [tensor], { to: DataType.FLOAT });
  const reshape = (tensor: string, shape: readonly number[], output?: string): string =>
    apply('Reshape', [tensor, constant('shape', (shapeName) => int64s(shapeName, shape))], {}, output);

  const sixteen = constant('sixteen', (scalar) => floats(scalar, [16], []));
  const packed = toFloat(constant('int4', (packedName) => writeTensor(packedName, pack(codes))));
  const high = apply('Floor', [apply('Div', [packed, sixteen])]);
  const low = apply('Sub', [packed, apply('Mul', [high, sixteen])]);
  const unpacked = apply('Concat', [high, low], { axis: 0 });
  const zero = constant('zero_point', (scalar) => floats(scalar, [ZERO_CODE], []));
  const centred = reshape(apply('Sub', [unpacked, zero]), [outer, blocks, blockSize, inner]);
  const stored = constant('scale', (scaleName) =>
    writeTensor(scaleName, scaleTensor(scales, [outer, blocks, 1, inner])),
  );
  const scaled = apply('Mul', [centred, hasFloat16Scales(scales) ? toFloat(stored) : stored]);
  const isPadded = blocks * blockSize > length;
  if (!isPadded) reshape(scaled, dims, name);
  else {
    const [start, end, axis] = [0, length, 1].map((value) =>
      constant('slice', (sliceName) => int64s(sliceName, [value])),
    ) as [string, string, string];
    const rows = reshape(scaled, [outer, blocks * blockSize, inner]);
    reshape(apply('Slice', [rows, start, end, axis]), dims, name);
  }
  return { initializers, nodes };
}

function pack(codes: Uint8Array): Tensor {
  const half = codes.length / 2;
  const data = new Uint8Array(half);
  for (let i = 0; i < half; i++) data[i] = ((codes[i] as number) << 4) | (codes[i + half] as number);
  return { type: 'uint8', dims: [half], data };
}

function scaleTensor(scales: Float32Array, dims: readonly number[]): Tensor {
  if (!hasFloat16Scales(scales)) return { type: 'float32', dims, data: scales };
  return { type: 'float16', dims, data: Uint16Array.from(scales, toFloat16Bits) };
}
