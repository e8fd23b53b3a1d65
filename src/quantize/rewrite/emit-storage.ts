import { elementCount } from '../../base/tensor.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, isExternal, readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { broadcastDims } from '../channels.ts';
import type { WeightStorage } from '../config.ts';
import { storeWeight, type StoredWeight, type WeightAxes } from '../weight-storage.ts';
import type { WeightCache } from './weight-cache.ts';

/** Smaller tensors stay float32: their nodes and scales would take the gain away. */
const MIN_ELEMENTS = 256;

/**
 * Stores the weights that float ops read as int8 × scales or float16, in front of Cast and Mul, which ONNX Runtime folds
 * when a session is created: same kernels, same speed, a quarter or half of the bytes. Returns the form of each tensor.
 */
export function emitStorage(
  graph: Graph,
  storage: WeightStorage,
  cache: WeightCache,
): Map<string, StoredWeight['form']> {
  const forms = new Map<string, StoredWeight['form']>();
  if (storage === 'float32') return forms;
  for (const [name, proto] of [...graph.initializers]) {
    const axes = isStorable(graph, name, proto) ? storageAxes(graph, name, proto) : undefined;
    if (!axes) continue;
    const stored = cache.stored(`${name}|${storage}`, () =>
      smaller(storeWeight(readTensor(proto), axes, storage), proto),
    );
    if (!stored) continue;
    graph.removeInitializer(name);
    if (stored.form === 'float16') emitFloat16(graph, name, stored);
    else emitInt8(graph, name, stored);
    forms.set(name, stored.form);
  }
  return forms;
}

function isStorable(graph: Graph, name: string, proto: TensorProto): boolean {
  if (proto.dataType !== DataType.FLOAT || isExternal(proto) || graph.isOutput(name)) return false;
  const dims = dimsOf(proto);
  return dims.length >= 2 && elementCount(dims) >= MIN_ELEMENTS && graph.consumers(name).length > 0;
}

/** Output and input channels of the weight by its first reader; tables and unknown readers: rows and columns. */
function storageAxes(graph: Graph, name: string, proto: TensorProto): WeightAxes {
  const rank = proto.dims.length;
  const [reader] = graph.consumers(name);
  const byReader = reader ? axesFor(reader, rank) : { output: 0, input: 1 };
  return byReader.input !== null && dimsOf(proto)[byReader.input] === 1 ? { ...byReader, input: null } : byReader;
}

function axesFor(reader: NodeProto, rank: number): WeightAxes {
  switch (reader.opType) {
    case 'MatMul':
      return { output: rank - 1, input: rank - 2 };
    case 'Gemm':
      return intAttribute(reader, 'transB', 0) ? { output: 0, input: 1 } : { output: 1, input: 0 };
    case 'ConvTranspose':
      return { output: 1, input: 0 };
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return { output: 1, input: 2 };
    default:
      return { output: 0, input: 1 };
  }
}

/** Null where the stored form does not take fewer bytes than the float tensor. */
function smaller(stored: StoredWeight, proto: TensorProto): StoredWeight | null {
  const floatBytes = elementCount(dimsOf(proto)) * 4;
  const bytes =
    stored.form === 'float16'
      ? stored.bits.byteLength
      : stored.factors.reduce((sum, { scales }) => sum + scales.byteLength, stored.codes.byteLength);
  return bytes < floatBytes ? stored : null;
}

function emitFloat16(graph: Graph, name: string, stored: StoredWeight & { form: 'float16' }): void {
  const bits = graph.uniqueName(`${name}_float16`);
  graph.addInitializer(writeTensor(bits, { type: 'float16', dims: stored.dims, data: stored.bits }));
  emitCast(graph, name, bits, name);
}

function emitInt8(graph: Graph, name: string, stored: StoredWeight & { form: 'int8' }): void {
  const codes = graph.uniqueName(`${name}_int8`);
  graph.addInitializer(writeTensor(codes, { type: 'int8', dims: stored.dims, data: stored.codes }));
  let value = graph.uniqueName(`${name}_codes`);
  emitCast(graph, name, codes, value);
  stored.factors.forEach(({ axis, scales }, i) => {
    const last = i === stored.factors.length - 1;
    const scale = graph.uniqueName(`${name}_scale`);
    const dims = broadcastDims(stored.dims.length, axis, scales.length);
    graph.addInitializer(writeTensor(scale, { type: 'float32', dims, data: scales }));
    const product = last ? name : graph.uniqueName(`${name}_scaled`);
    graph.addNode({ opType: 'Mul', name: graph.uniqueName(`${name}_Mul`), input: [value, scale], output: [product] });
    value = product;
  });
}

function emitCast(graph: Graph, name: string, input: string, output: string): void {
  graph.addNode({
    opType: 'Cast',
    name: graph.uniqueName(`${name}_Cast`),
    input: [input],
    output: [output],
    attributes: { to: DataType.FLOAT },
  });
}
