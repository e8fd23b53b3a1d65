import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, writeTensor } from '../../onnx/tensor-proto.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { clipBounds } from './absorb.ts';
import type { QuantizedTensor } from './activation-parameters.ts';
import { absorbedActivation, type SelectedOp } from './select.ts';

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
  graph.addNode({
    opType: 'QuantizeLinear',
    name: graph.uniqueName(`${tensor}_QuantizeLinear`),
    input: [source, scale, zeroPoint],
    output: [codes],
  });
  graph.addNode({
    opType: 'DequantizeLinear',
    name: graph.uniqueName(`${tensor}_DequantizeLinear`),
    input: [codes, scale, zeroPoint],
    output: [result],
  });
}

function scalarScale(graph: Graph, { tensor, parameters }: QuantizedTensor): ReturnType<typeof writeTensor> {
  const data = Float32Array.of(parameters.scale);
  return writeTensor(graph.uniqueName(`${tensor}_scale`), { type: 'float32', dims: [], data });
}

function scalarZeroPoint(graph: Graph, { tensor, type, parameters }: QuantizedTensor): ReturnType<typeof writeTensor> {
  const data = type === 'uint8' ? Uint8Array.of(parameters.zeroPoint) : Int8Array.of(parameters.zeroPoint);
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

/** Channels that a layer reads, where inference does not know them. */
function channelsByWeight(graph: Graph, node: NodeProto): number | undefined {
  const weight = graph.initializer(node.input[1] ?? '');
  const dims = weight ? dimsOf(weight) : [];
  if (node.opType === 'ConvTranspose') return dims[0];
  if (node.opType === 'Conv') return (dims[1] ?? 0) * intAttribute(node, 'group', 1);
  return intAttribute(node, 'transA', 0) === 0 ? dims[intAttribute(node, 'transB', 0)] : undefined;
}

/** A DequantizeLinear of its own with equal scales along axis 1: the same values, and no pattern that ONNX Runtime looks for. */
function emitBarrier({ graph, infos }: PreparedModel, node: NodeProto, entry: QuantizedTensor): void {
  const channels = infos.get(entry.tensor)?.dims?.[1] ?? channelsByWeight(graph, node);
  const shared = graph.producer(entry.tensor);
  if (typeof channels !== 'number' || !shared) return;
  const { scale, zeroPoint } = entry.parameters;
  const scales = graph.addInitializer(
    writeTensor(graph.uniqueName(`${entry.tensor}_scales`), {
      type: 'float32',
      dims: [channels],
      data: new Float32Array(channels).fill(scale),
    }),
  );
  const codes = entry.type === 'uint8' ? new Uint8Array(channels) : new Int8Array(channels);
  const zeroPoints = graph.addInitializer(
    writeTensor(graph.uniqueName(`${entry.tensor}_zero_points`), {
      type: entry.type,
      dims: [channels],
      data: codes.fill(zeroPoint),
    }),
  );
  const output = graph.uniqueName(`${entry.tensor}_barrier`);
  graph.addNode({
    opType: 'DequantizeLinear',
    name: graph.uniqueName(`${entry.tensor}_barrier_DequantizeLinear`),
    input: [shared.input[0] as string, scales, zeroPoints],
    output: [output],
    attributes: { axis: 1 },
  });
  node.input.forEach((name, index) => {
    if (name === entry.tensor) graph.setInput(node, index, output);
  });
}
