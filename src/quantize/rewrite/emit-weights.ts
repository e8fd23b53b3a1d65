import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import { biasGuard, quantizeBias, quantizeWeight, type QuantizedWeight } from '../weight.ts';
import type { QuantizedTensor } from './activation-parameters.ts';
import type { SelectedOp } from './select.ts';
import type { WeightCache } from './weight-cache.ts';

/**
 * Replaces the constant weight of every static int8 op by int8 codes behind a DequantizeLinear (shared where nothing
 * differs) and its bias by int32 with the scale s_x · s_w.
 */
export function emitWeights(
  graph: Graph,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  quantized: ReadonlyMap<string, QuantizedTensor>,
  inputTensors: ReadonlyMap<NodeProto, string>,
  cache: WeightCache,
): void {
  const emitted = new Map<QuantizedWeight, string>();
  for (const op of selected.values()) {
    if (op.config.mode !== 'static' || !op.roles.weight) continue;
    const input = quantized.get(inputTensors.get(op.node) ?? '');
    if (!input) continue;
    const weight = staticWeight(graph, op, input.parameters.scale, cache);
    const name = op.node.input[op.roles.weight.index] as string;
    let output = emitted.get(weight);
    if (output === undefined) {
      output = emitWeight(graph, name, weight);
      emitted.set(weight, output);
    }
    graph.setInput(op.node, op.roles.weight.index, output);
    emitBias(graph, op, input.parameters.scale, weight);
  }
}

function staticWeight(graph: Graph, op: SelectedOp, inputScale: number, cache: WeightCache): QuantizedWeight {
  const role = op.roles.weight as { index: number; axis: number | null };
  const name = op.node.input[role.index] as string;
  const { weight: config } = op.config;
  const axis = config.granularity === 'per_channel' ? role.axis : null;
  const tensor = readTensor(graph.initializer(name) as never);
  const key = [name, axis, config.dtype, config.scheme].join('|');
  const plain = cache.quantized(key, () => quantizeWeight(tensor, config, axis));
  const bias = constantBias(graph, op);
  if (!bias) return plain;
  const bounds = biasGuard(bias, inputScale, plain.scales.length);
  const needed = bounds.some((bound, i) => bound > (plain.scales[i] as number) || isDead(plain, i));
  return needed ? quantizeWeight(tensor, config, axis, bounds) : plain;
}

/** A channel whose weights are all zero has been given scale 1. */
function isDead({ scales, zeroPoints }: QuantizedWeight, channel: number): boolean {
  return scales[channel] === 1 && zeroPoints[channel] === 0;
}

function constantBias(graph: Graph, { node, roles }: SelectedOp): Float32Array | undefined {
  const tensor = roles.bias === undefined ? undefined : graph.initializer(node.input[roles.bias] ?? '');
  return tensor ? (readTensor(tensor).data as Float32Array) : undefined;
}

function emitWeight(graph: Graph, name: string, weight: QuantizedWeight): string {
  const perChannel = weight.axis !== null;
  const type = weight.codes instanceof Int8Array ? 'int8' : 'uint8';
  const dims = perChannel ? [weight.scales.length] : [];
  const zeroPoints = type === 'int8' ? Int8Array.from(weight.zeroPoints) : Uint8Array.from(weight.zeroPoints);
  const output = graph.uniqueName(`${name}_DequantizeLinear_Output`);
  graph.addNode({
    opType: 'DequantizeLinear',
    name: graph.uniqueName(`${name}_DequantizeLinear`),
    input: [
      graph.addInitializer(
        writeTensor(graph.uniqueName(`${name}_quantized`), { type, dims: weight.dims, data: weight.codes }),
      ),
      graph.addInitializer(
        writeTensor(graph.uniqueName(`${name}_scale`), { type: 'float32', dims, data: weight.scales }),
      ),
      graph.addInitializer(writeTensor(graph.uniqueName(`${name}_zero_point`), { type, dims, data: zeroPoints })),
    ],
    output: [output],
    ...(perChannel ? { attributes: { axis: weight.axis } } : {}),
  });
  return output;
}

/** int32 bias, one copy per reader since s_x differs; without a zero-point input, which some runtimes reject for int32. */
function emitBias(graph: Graph, op: SelectedOp, inputScale: number, weight: QuantizedWeight): void {
  const bias = constantBias(graph, op);
  if (!bias || op.roles.bias === undefined) return;
  const name = op.node.input[op.roles.bias] as string;
  const { codes, scales } = quantizeBias(bias, inputScale, weight.scales);
  const perChannel = weight.axis !== null;
  const output = graph.uniqueName(`${name}_DequantizeLinear_Output`);
  graph.addNode({
    opType: 'DequantizeLinear',
    name: graph.uniqueName(`${name}_DequantizeLinear`),
    input: [
      graph.addInitializer(
        writeTensor(graph.uniqueName(`${name}_quantized`), { type: 'int32', dims: [codes.length], data: codes }),
      ),
      graph.addInitializer(
        writeTensor(graph.uniqueName(`${name}_quantized_scale`), {
          type: 'float32',
          dims: perChannel ? [scales.length] : [],
          data: scales,
        }),
      ),
    ],
    output: [output],
    ...(perChannel ? { attributes: { axis: 0 } } : {}),
  });
  graph.setInput(op.node, op.roles.bias, output);
}
