import type { Tensor } from '../../base/tensor.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import type { Int8OpConfig } from '../config.ts';
import { quantizeWeight, type QuantizedWeight } from '../weight.ts';
import type { SelectedOp } from './select.ts';
import type { WeightCache } from './weight-cache.ts';

const DOMAIN = 'com.microsoft';
/** Inputs of DynamicQuantizeLSTM before the scales and zero points: those of LSTM. */
const LSTM_INPUTS = 8;

/**
 * LSTM → DynamicQuantizeLSTM (com.microsoft, version 1): W and R as [directions, inputs, 4·hidden] codes with scales per
 * direction, or per direction and gate row; sequences and states are quantized at run time, gates computed in float.
 */
export function emitDynamicLstm(graph: Graph, { node, config }: SelectedOp, clip: boolean, cache: WeightCache): void {
  const input = [...node.input];
  while (input.length < LSTM_INPUTS) input.push('');
  const parameters: string[] = [];
  for (const index of [1, 2]) {
    const name = node.input[index] as string;
    const { codes, dims, scales, zeroPoints } = gateWeight(graph, name, config, clip, cache);
    const type = codes instanceof Int8Array ? 'int8' : 'uint8';
    const constant = (suffix: string, tensor: Tensor): string =>
      graph.addInitializer(writeTensor(graph.uniqueName(`${name}_${suffix}`), tensor));
    const directions = dims[0] as number;
    const scaleDims = scales.length === directions ? [directions] : [directions, scales.length / directions];
    const zeros = type === 'int8' ? Int8Array.from(zeroPoints) : Uint8Array.from(zeroPoints);
    input[index] = constant('quantized', { type, dims, data: codes });
    parameters.push(
      constant('scale', { type: 'float32', dims: scaleDims, data: scales }),
      constant('zero_point', { type, dims: scaleDims, data: zeros }),
    );
  }
  graph.removeNode(node);
  const made = graph.addNode({
    opType: 'DynamicQuantizeLSTM',
    domain: DOMAIN,
    name: graph.uniqueName(`${node.name}_DynamicQuantizeLSTM`),
    input: [...input, ...parameters],
    output: node.output,
  });
  // Only layout 0 comes here, and the kernel has no such attribute.
  made.attribute = node.attribute.filter(({ name }) => name !== 'layout');
  if (graph.opset(DOMAIN) === 0) graph.setOpset(1, DOMAIN);
}

/** [directions, rows, columns] → codes as [directions, columns, rows]; scales of each direction, or of each of its rows. */
function gateWeight(
  graph: Graph,
  name: string,
  config: Int8OpConfig,
  clip: boolean,
  cache: WeightCache,
): QuantizedWeight {
  const perRow = config.weight.granularity === 'per_channel';
  return cache.quantized(['lstm', name, perRow, config.weight.dtype, config.weight.scheme, clip].join('|'), () => {
    const { dims, data } = readTensor(graph.initializer(name) as TensorProto);
    const [directions, rows, columns] = dims as [number, number, number];
    const flat = perRow ? [directions * rows, columns] : [directions, rows * columns];
    const quantized = quantizeWeight({ type: 'float32', dims: flat, data }, config.weight, 0, undefined, clip);
    return {
      ...quantized,
      codes: transposeEach(quantized.codes, directions, rows, columns),
      dims: [directions, columns, rows],
    };
  });
}

function transposeEach(
  codes: Int8Array | Uint8Array,
  directions: number,
  rows: number,
  columns: number,
): Int8Array | Uint8Array {
  const out = codes.slice();
  const size = rows * columns;
  for (let d = 0; d < directions; d++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[d * size + c * rows + r] = codes[d * size + r * columns + c] as number;
    }
  }
  return out;
}
