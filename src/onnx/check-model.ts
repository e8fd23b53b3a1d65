import { fromFloat16Bits } from '../base/float16.ts';
import { Fault } from '../base/fault.ts';
import { elementCount } from '../base/tensor.ts';
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from './proto/onnx_pb.ts';
import { dimsOf, readTensor } from './tensor-proto.ts';
import { allGraphs, allNodes, namedTensors } from './walk.ts';

const QUANTIZED =
  /^(QuantizeLinear|DequantizeLinear|DynamicQuantize\w+|QLinear\w+|Q(Gemm|Attention|MoE|Ordered\w+|EmbedLayerNormalization)|\w*Integer\w*|MatMul(NBits|Bnb4|FpQ4)|GatherBlockQuantized)$/;
const TREE = /^TreeEnsemble/;
/** Ops whose constant inputs are weights: an infinity there is an error, while masks elsewhere may hold −∞. */
const WEIGHTED =
  /^(Conv|ConvTranspose|MatMul|Gemm|LSTM|GRU|RNN|Gather|PRelu|Attention|\w*Normalization|FusedConv|FusedMatMul)$/;
const OLDEST_OPSET = 7;
/** Fewer elements than this are no weight worth storing in int8. */
const SMALLEST_WEIGHT = 16;
const FLOATS: readonly number[] = [DataType.FLOAT, DataType.FLOAT16];
const INTEGERS: readonly number[] = [DataType.INT8, DataType.UINT8];

/**
 * Refuses models that int8 tuning makes no sense for. Throws `model-invalid`, `model-opset-unsupported`, `model-unknown-operator`,
 * `model-already-quantized`, `model-tree`, `model-nothing-to-quantize` or `model-weights-not-finite`, whichever is found first.
 */
export function checkModel(model: ModelProto): void {
  checkOpset(model);
  allGraphs(model).forEach(checkNames);
  checkFloat(model);
  checkWeights(model);
  checkDomains(model);
  checkFinite(model);
}

function checkOpset(model: ModelProto): void {
  const entry = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (!entry || entry.version >= OLDEST_OPSET) return;
  throw new Fault('model-opset-unsupported', {
    message: 'The model uses an operator set that is too old',
    found: `opset ${entry.version}`,
    accepted: `opset ${OLDEST_OPSET} or later`,
    next: 'Export the model again with a later opset, or raise it with onnx.version_converter.',
  });
}

/** A graph is in single-assignment form: no name is defined twice. */
function checkNames(graph: GraphProto): void {
  const defined = new Set(graph.initializer.map(({ name }) => name));
  for (const node of graph.node) {
    for (const name of node.output) {
      if (name !== '' && defined.has(name)) {
        throw new Fault('model-invalid', {
          message: `Tensor ${name} is defined twice`,
          place: `node ${node.name} (${node.opType})`,
          next: 'Export the model again.',
        });
      }
      defined.add(name);
    }
  }
}

/** ONNX Runtime refuses a node of a domain that is not imported, without saying which. */
function checkDomains(model: ModelProto): void {
  const imported = new Set(['', 'ai.onnx', ...model.opsetImport.map(({ domain }) => domain)]);
  const node = allGraphs(model)
    .flatMap((graph) => graph.node)
    .find(({ domain }) => !imported.has(domain));
  if (!node) return;
  throw new Fault('model-unknown-operator', {
    message: 'The model uses an operator of a domain that it does not import',
    place: `node ${node.name} (${node.domain}.${node.opType})`,
    accepted: [...imported].filter(Boolean).join(', '),
    next: 'Export the model with standard operators, or replace this one.',
  });
}

/** A Cast of an integer matrix is how Octet stores weights in 8 bits for ops that compute in float. */
function checkFloat(model: ModelProto): void {
  const stored = new Set(
    namedTensors(model).flatMap(({ name, tensor }) => (isWeightOf(tensor, INTEGERS) ? [name] : [])),
  );
  const quantized = allNodes(model).find(
    ({ opType, input }) => QUANTIZED.test(opType) || (opType === 'Cast' && stored.has(input[0] ?? '')),
  );
  if (!quantized) return;
  throw new Fault('model-already-quantized', {
    message: 'The model is quantized already',
    place: `node ${quantized.name} (${quantized.opType})`,
    accepted: 'a float model',
    next: 'Give the float model that it was made from. To score this one as it is, use octet evaluate.',
  });
}

function checkWeights(model: ModelProto): void {
  if (namedTensors(model).some(({ tensor }) => isWeightOf(tensor, FLOATS))) return;
  const tree = allNodes(model).find(({ opType }) => TREE.test(opType));
  if (tree) {
    throw new Fault('model-tree', {
      message: 'The model is a tree ensemble, which has no weights to quantize',
      place: `node ${tree.name} (${tree.opType})`,
      accepted: 'a neural network',
      next: 'Use the model as it is.',
    });
  }
  throw new Fault('model-nothing-to-quantize', {
    message: 'The model has no float weights that could be quantized',
    found: `${allNodes(model).length} nodes and no float matrix of ${SMALLEST_WEIGHT} elements or more`,
    accepted: 'a model with Conv, MatMul, Gemm or similar weights in float32 or float16',
    next: 'Use the model as it is, or check that this is the right file.',
  });
}

function checkFinite(model: ModelProto): void {
  const readByWeighted = new Set(allNodes(model).flatMap((node) => (WEIGHTED.test(node.opType) ? node.input : [])));
  for (const { name, tensor } of namedTensors(model)) {
    if (!isFloat(tensor)) continue;
    const values = floatValues(tensor);
    const bad = values.findIndex(readByWeighted.has(name) ? (value) => !Number.isFinite(value) : Number.isNaN);
    if (bad === -1) continue;
    throw new Fault('model-weights-not-finite', {
      message: `The weights of tensor ${name} are not all finite`,
      place: `tensor ${name}, element ${bad}`,
      found: String(values[bad]),
      accepted: 'finite numbers',
      next: 'The training may have diverged: take an earlier checkpoint and export it again.',
    });
  }
}

function floatValues(tensor: TensorProto): Float32Array {
  const { type, data } = readTensor(tensor);
  return type === 'float16' ? Float32Array.from(data as Uint16Array, fromFloat16Bits) : (data as Float32Array);
}

function isFloat(tensor: TensorProto): boolean {
  return FLOATS.includes(tensor.dataType ?? 0);
}

function isWeightOf(tensor: TensorProto, types: readonly number[]): boolean {
  return tensor.dims.length >= 2 && count(tensor) >= SMALLEST_WEIGHT && types.includes(tensor.dataType ?? 0);
}

function count(tensor: TensorProto): number {
  return elementCount(dimsOf(tensor));
}
