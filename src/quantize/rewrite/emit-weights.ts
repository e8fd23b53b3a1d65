import { Fault } from '../../base/fault.ts';
import type { Tensor } from '../../base/tensor.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import type { ChannelMeans } from '../config.ts';
import { correctBias } from '../recipes/bias-correction.ts';
import { biasGuard, quantizeBias, quantizeWeight, type QuantizedWeight } from '../weight.ts';
import type { QuantizedTensor } from './activation-parameters.ts';
import type { SelectedOp } from './select.ts';
import type { WeightCache } from './weight-cache.ts';

/** What decides about weights beside the ops' own configs. */
export interface WeightRecipes {
  readonly clip: boolean;
  /** E[x] of each layer's input channels; undefined: biases are not corrected. */
  readonly means: ChannelMeans | undefined;
  /** Tensor in which a product and what is split off from it are added up, before the bias. */
  readonly sums: ReadonlyMap<NodeProto, string>;
}

/**
 * Replaces the constant weight of every static int8 op by int8 codes behind a DequantizeLinear (shared where nothing
 * differs) and its bias by int32 with the scale s_x · s_w.
 */
export function emitWeights(
  graph: Graph,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  quantized: ReadonlyMap<string, QuantizedTensor>,
  inputTensors: ReadonlyMap<NodeProto, string>,
  recipes: WeightRecipes,
  cache: WeightCache,
): void {
  const emitted = new Map<QuantizedWeight, string>();
  for (const selectedOp of selected.values()) {
    const role = selectedOp.roles.weight;
    if (selectedOp.config.mode !== 'static' || !role) continue;
    const tensor = inputTensors.get(selectedOp.node) ?? '';
    const input = quantized.get(tensor);
    if (!input) continue;
    const op = recipes.means ? corrected(graph, selectedOp, recipes, recipes.means[tensor], cache) : selectedOp;
    const weight = staticWeight(graph, op, input.parameters.scale, recipes.clip, cache);
    const name = op.node.input[role.index] as string;
    let output = emitted.get(weight);
    if (output === undefined) {
      output = emitWeight(graph, name, weight);
      emitted.set(weight, output);
    }
    graph.setInput(op.node, role.index, output);
    emitBias(graph, op, input.parameters.scale, weight);
  }
}

/** The op with its bias corrected, which it may have got only now. */
function corrected(
  graph: Graph,
  op: SelectedOp,
  { clip, sums }: WeightRecipes,
  means: readonly number[] | undefined,
  cache: WeightCache,
): SelectedOp {
  if (!means) {
    throw new Fault('internal', {
      message: `No channel means for the input of ${op.node.name}: it was not calibrated`,
    });
  }
  correctBias(graph, op.node, plainWeight(graph, op, clip, cache), means, sums.get(op.node));
  return op.node.input[2] ? { ...op, roles: { ...op.roles, bias: 2 } } : op;
}

/** The weight as its own values have it, whatever its bias. */
function plainWeight(graph: Graph, op: SelectedOp, clip: boolean, cache: WeightCache): QuantizedWeight {
  const { tensor, axis, name } = weightOf(graph, op);
  const { weight: config } = op.config;
  const key = [name, axis, config.dtype, config.scheme, config.bit, clip].join('|');
  return cache.quantized(key, () => quantizeWeight(tensor, config, axis, undefined, clip));
}

function weightOf(
  graph: Graph,
  { node, roles, config }: SelectedOp,
): { name: string; tensor: Tensor; axis: number | null } {
  const role = roles.weight as { index: number; axis: number | null };
  const name = node.input[role.index] as string;
  const axis = config.weight.granularity === 'per_channel' ? role.axis : null;
  return { name, tensor: readTensor(graph.initializer(name) as TensorProto), axis };
}

function staticWeight(
  graph: Graph,
  op: SelectedOp,
  inputScale: number,
  clip: boolean,
  cache: WeightCache,
): QuantizedWeight {
  const plain = plainWeight(graph, op, clip, cache);
  const bias = constantBias(graph, op);
  if (!bias) return plain;
  const bounds = biasGuard(bias, inputScale, plain.scales);
  const needed = bounds.some((bound, i) => bound > (plain.scales[i] as number) || isDead(plain, i));
  if (!needed) return plain;
  const { tensor, axis } = weightOf(graph, op);
  return quantizeWeight(tensor, op.config.weight, axis, bounds, clip);
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
