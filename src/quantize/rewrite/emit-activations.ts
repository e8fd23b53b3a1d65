import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { Tensor } from '../../base/tensor.ts';
import { writeTensor } from '../../onnx/tensor-proto.ts';
import { isWide } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { clipBounds } from './absorb.ts';
import type { QuantizedTensor } from './activation-parameters.ts';
import { absorbedActivation, type SelectedOp } from './select.ts';

const CODES = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array } as const;

/** Writes the Q/DQ pair of every quantized tensor and lets its readers read the DequantizeLinear's output. */
export function emitActivations(
  model: PreparedModel,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  quantized: ReadonlyMap<string, QuantizedTensor>,
): void {
  const { graph } = model;
  absorbActivations(model, selected, quantized);
  const barriers = [...quantized.values()].flatMap((entry) => floatReadersAtRisk(graph, entry, selected, quantized));
  for (const entry of quantized.values()) emitPair(graph, entry, selected);
  for (const { node, entry } of barriers) emitBarrier(model, node, entry);
}

/** Removes each Relu or Clip whose effect the range of the quantized output carries. */
function absorbActivations(
  model: PreparedModel,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  quantized: ReadonlyMap<string, QuantizedTensor>,
): void {
  for (const op of selected.values()) {
    const activation = absorbedActivation(model, op);
    const output = activation?.output[0];
    if (!activation || !output || !quantized.has(output)) continue;
    model.graph.removeNode(activation);
    model.graph.setOutput(op.node, 0, output);
  }
}

function emitPair(graph: Graph, entry: QuantizedTensor, selected: ReadonlyMap<NodeProto, SelectedOp>): void {
  const { tensor, producer } = entry;
  const scale = graph.addInitializer(scalarScale(graph, entry));
  const zeroPoint = graph.addInitializer(scalarZeroPoint(graph, entry));
  const codes = graph.uniqueName(`${tensor}_QuantizeLinear_Output`);
  let source = tensor;
  let result = tensor;
  if (producer) {
    // The producer's integer kernel needs QuantizeLinear as its only reader: everybody else reads the DQ, which takes the name over.
    source = graph.uniqueName(`${tensor}_QuantizeLinear_Input`);
    graph.setOutput(producer.node, producer.node.output.indexOf(tensor), source);
  } else {
    result = graph.uniqueName(`${tensor}_DequantizeLinear_Output`);
    for (const consumer of graph.consumers(tensor)) {
      const op = selected.get(consumer);
      if (op?.config.mode !== 'static') continue;
      for (const index of op.roles.activations) {
        if (consumer.input[index] === tensor) graph.setInput(consumer, index, result);
      }
    }
  }
  const domain = codesDomain(graph, entry);
  graph.addNode({
    opType: 'QuantizeLinear',
    domain,
    name: graph.uniqueName(`${tensor}_QuantizeLinear`),
    input: [source, scale, zeroPoint],
    output: [codes],
  });
  graph.addNode({
    opType: 'DequantizeLinear',
    domain,
    name: graph.uniqueName(`${tensor}_DequantizeLinear`),
    input: [codes, scale, zeroPoint],
    output: [result],
  });
}

/** QuantizeLinear and DequantizeLinear know 16 bits from opset 21 on; before, those of com.microsoft (version 1) do. */
function codesDomain(graph: Graph, { type }: QuantizedTensor): '' | 'com.microsoft' {
  if (!isWide(type) || graph.opset() >= 21) return '';
  if (graph.opset('com.microsoft') === 0) graph.setOpset(1, 'com.microsoft');
  return 'com.microsoft';
}

function scalarScale(graph: Graph, { tensor, parameters }: QuantizedTensor): ReturnType<typeof writeTensor> {
  const data = Float32Array.of(parameters.scale);
  return writeTensor(graph.uniqueName(`${tensor}_scale`), { type: 'float32', dims: [], data });
}

function scalarZeroPoint(graph: Graph, { tensor, type, parameters }: QuantizedTensor): ReturnType<typeof writeTensor> {
  const data = CODES[type].of(parameters.zeroPoint);
  return writeTensor(graph.uniqueName(`${tensor}_zero_point`), { type, dims: [], data });
}

/**
 * Float Conv, ConvTranspose and Gemm between a DequantizeLinear and a QuantizeLinear: ONNX Runtime's load-time
 * WeightBiasQuantization would quantize their weights per tensor by itself.
 */
function floatReadersAtRisk(
  graph: Graph,
  entry: QuantizedTensor,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  quantized: ReadonlyMap<string, QuantizedTensor>,
): { node: NodeProto; entry: QuantizedTensor }[] {
  if (!entry.producer) return [];
  return graph
    .consumers(entry.tensor)
    .filter((node) => ['Conv', 'ConvTranspose', 'Gemm'].includes(node.opType ?? ''))
    .filter(
      (node) =>
        !selected.has(node) && graph.initializer(node.input[1] ?? '') && reachesQuantize(graph, node, quantized),
    )
    .map((node) => ({ node, entry }));
}

function reachesQuantize(graph: Graph, node: NodeProto, quantized: ReadonlyMap<string, QuantizedTensor>): boolean {
  const output = node.output[0] ?? '';
  if (quantized.has(output)) return true;
  return graph
    .consumers(output)
    .some((reader) => clipBounds(graph, reader) && reachesQuantize(graph, reader, quantized));
}

/**
 * Something between the codes and a float layer that keeps every value and matches no pattern that ONNX Runtime looks for: a
 * DequantizeLinear of its own with equal scales along axis 1. One scale alone counts as a scalar there, so a tensor of one
 * channel, or of an unknown number, goes through a LeakyRelu with slope 1: unlike Identity it is not taken away.
 */
function emitBarrier({ graph, infos }: PreparedModel, node: NodeProto, entry: QuantizedTensor): void {
  const channels = infos.get(entry.tensor)?.dims?.[1];
  const shared = graph.producer(entry.tensor);
  if (!shared) return;
  const output = graph.uniqueName(`${entry.tensor}_barrier`);
  if (typeof channels === 'number' && channels > 1) {
    graph.addNode({
      opType: 'DequantizeLinear',
      domain: codesDomain(graph, entry),
      name: graph.uniqueName(`${entry.tensor}_barrier_DequantizeLinear`),
      input: [shared.input[0] as string, ...vectors(graph, entry, channels)],
      output: [output],
      attributes: { axis: 1 },
    });
  } else {
    graph.addNode({
      opType: 'LeakyRelu',
      name: graph.uniqueName(`${entry.tensor}_barrier_LeakyRelu`),
      input: [entry.tensor],
      output: [output],
      attributes: { alpha: { float: 1 } },
    });
  }
  node.input.forEach((name, index) => {
    if (name === entry.tensor) graph.setInput(node, index, output);
  });
}

/** The tensor's scale and zero point, `channels` times. */
function vectors(graph: Graph, { tensor, type, parameters }: QuantizedTensor, channels: number): [string, string] {
  const scales = new Float32Array(channels).fill(parameters.scale);
  const codes = new CODES[type](channels).fill(parameters.zeroPoint);
  const add = (base: string, tensor: Pick<Tensor, 'type' | 'data'>): string =>
    graph.addInitializer(writeTensor(graph.uniqueName(base), { dims: [channels], ...tensor }));
  return [
    add(`${tensor}_scales`, { type: 'float32', data: scales }),
    add(`${tensor}_zero_points`, { type, data: codes }),
  ];
}
