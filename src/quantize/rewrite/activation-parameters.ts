import { Fault } from '../../base/fault.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import type { ActivationConfig, ActivationRanges, RangeMethod } from '../config.ts';
import { knownRange } from '../known-range.ts';
import { integerRange, quantizationParameters, type QuantizationParameters } from '../numerics.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { clipBounds } from './absorb.ts';
import { isReadByInt8, writtenTensors, type SelectedOp } from './select.ts';

/** A tensor that passes through uint8 (or int8), with its parameters. */
export interface QuantizedTensor {
  readonly tensor: string;
  readonly type: ActivationConfig['dtype'];
  readonly parameters: QuantizationParameters;
  readonly isSymmetric: boolean;
  /** The method whose range they are made of; null where the writer's definition bounds the values. */
  readonly method: RangeMethod | null;
  /** The int8 op that writes it; undefined where a float op or the graph's input does. */
  readonly producer: SelectedOp | undefined;
}

/**
 * The tensors that get a Q/DQ pair, in the order in which they are met: what static int8 ops read, and what they write
 * unless their kernel can write float and no int8 op reads it. Pass-through ops hand the parameters of their input on.
 */
export function quantizedTensors(
  model: PreparedModel,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  ranges: ActivationRanges,
): Map<string, QuantizedTensor> {
  const producers = new Map<string, SelectedOp>();
  const tensors: string[] = [];
  for (const op of selected.values()) {
    if (op.config.mode !== 'static') continue;
    tensors.push(...op.roles.activations.map((index) => op.node.input[index] as string));
    for (const tensor of writtenTensors(model, op)) {
      producers.set(tensor, op);
      if (!op.roles.floatOutput || isReadByInt8(model, tensor, selected)) tensors.push(tensor);
    }
  }
  const quantized = new Map<string, QuantizedTensor>();
  for (const tensor of tensors) {
    if (quantized.has(tensor)) continue;
    const source = parameterSource(tensor, producers);
    const config = governingConfig(model, source, selected, producers);
    const governed = schemeOf(model, source, config, producers);
    const parameters = tensorParameters(model, source, governed, ranges);
    const isSymmetric = governed.scheme === 'sym';
    const method = knownRange(model.graph, source) ? null : config.algorithm;
    quantized.set(tensor, {
      tensor,
      type: config.dtype,
      parameters,
      isSymmetric,
      method,
      producer: producers.get(tensor),
    });
  }
  return quantized;
}

/** The tensor whose range decides: through pass-through ops back to the first that is none. */
function parameterSource(tensor: string, producers: ReadonlyMap<string, SelectedOp>): string {
  let source = tensor;
  for (let op = producers.get(source); op?.roles.output === 'shared'; op = producers.get(source)) {
    source = op.node.input[op.roles.activations[0] as number] as string;
  }
  return source;
}

/** The first int8 reader's config, else the writer's: the op that suffers from a bad range decides its method. */
function governingConfig(
  model: PreparedModel,
  tensor: string,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  producers: ReadonlyMap<string, SelectedOp>,
): ActivationConfig {
  for (const consumer of model.graph.consumers(tensor)) {
    const op = selected.get(consumer);
    if (op && !op.roles.glue && op.config.mode === 'static') return op.config.activation;
  }
  const op = producers.get(tensor) ?? selected.get(model.graph.consumers(tensor)[0] as NodeProto);
  if (!op) throw new Fault('internal', { message: `Tensor ${tensor} has no int8 neighbour` });
  return op.config.activation;
}

/** Behind an absorbed Relu or Clip the range must end where it clips: never symmetric, whatever the readers ask for. */
function schemeOf(
  { graph }: PreparedModel,
  tensor: string,
  config: ActivationConfig,
  producers: ReadonlyMap<string, SelectedOp>,
): ActivationConfig {
  const op = producers.get(tensor);
  return op && graph.producer(tensor) !== op.node ? { ...config, scheme: 'asym' } : config;
}

function tensorParameters(
  model: PreparedModel,
  tensor: string,
  config: ActivationConfig,
  ranges: ActivationRanges,
): QuantizationParameters {
  const range = knownRange(model.graph, tensor) ?? ranges[config.algorithm]?.[tensor];
  if (!range) {
    throw new Fault('internal', {
      message: `No ${config.algorithm} range for tensor ${tensor}: it was not calibrated`,
    });
  }
  const bounds = usedBounds(model.graph, tensor);
  const symmetric = config.scheme === 'sym';
  return quantizationParameters(
    Math.max(range.min, bounds.min),
    Math.min(range.max, bounds.max),
    integerRange(config.dtype, symmetric),
    symmetric,
  );
}

/** Where a Relu or Clip ends the values of a tensor: the one that writes it, or those that are all of its readers. */
function usedBounds(graph: Graph, tensor: string): { min: number; max: number } {
  const writer = graph.producer(tensor);
  const written = writer && clipBounds(graph, writer);
  if (written) return written;
  const readers = graph.isOutput(tensor) ? [] : graph.consumers(tensor).map((node) => clipBounds(graph, node));
  const known = readers.filter((bounds) => bounds !== undefined);
  if (known.length === 0 || known.length < readers.length) return { min: -Infinity, max: Infinity };
  return { min: Math.min(...known.map(({ min }) => min)), max: Math.max(...known.map(({ max }) => max)) };
}

/** Every tensor whose range some config over these ops could ask for: what calibration observes. */
export function calibrationTensors(model: PreparedModel, selected: ReadonlyMap<NodeProto, SelectedOp>): string[] {
  const tensors = new Set<string>();
  for (const op of selected.values()) {
    if (op.config.mode !== 'static') continue;
    for (const index of op.roles.activations) tensors.add(op.node.input[index] as string);
    if (op.roles.output === 'own') {
      for (const tensor of writtenTensors(model, op)) tensors.add(tensor);
    }
  }
  return [...tensors].filter((tensor) => !knownRange(model.graph, tensor));
}
