import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import {
  isWide,
  type ActivationRange,
  type ActivationRanges,
  type ChannelMeans,
  type OutlierChannels,
  type QuantizeConfig,
} from '../config.ts';
import { dequantizeValue, integerRange } from '../numerics.ts';
import type { PreparedModel, TensorInfo } from '../prepared-model.ts';
import type { QuantizedTensor } from '../rewrite/activation-parameters.ts';
import { absorbedActivation, selectOps, type SelectedOp } from '../rewrite/select.ts';
import { rolesOf } from '../rules/registry.ts';

/** Channels louder than so many times the median channel are split off; below, 8 bits leave the median channel 32 steps or more. */
const LOUD = 8;
/** Of the channels: the float product beside the int8 one is to stay small. */
const LARGEST_SHARE = 1 / 16;

/**
 * Channels far louder than the others, ascending, and the largest magnitude of the rest. Undefined where no channel stands
 * out. Where too many do, the loudest ones.
 */
export function loudChannels(loudest: readonly number[]): OutlierChannels[string] | undefined {
  const order = [...loudest.keys()].sort((a, b) => (loudest[b] as number) - (loudest[a] as number) || a - b);
  const alive = order.filter((channel) => (loudest[channel] as number) > 0);
  const median = loudest[alive[Math.floor(alive.length / 2)] ?? -1];
  if (median === undefined) return undefined;
  const most = Math.max(1, Math.floor(loudest.length * LARGEST_SHARE));
  const channels = order.slice(0, most).filter((channel) => (loudest[channel] as number) >= LOUD * median);
  const bound = loudest[order[channels.length] as number];
  return channels.length === 0 || !bound ? undefined : { channels: channels.sort((a, b) => a - b), bound };
}

/** The loud channels of every tensor that has some. `loudest`: largest |x| of each channel by tensor. */
export function outlierChannels(loudest: Readonly<Record<string, readonly number[]>>): OutlierChannels {
  const found = Object.entries(loudest).flatMap(([tensor, magnitudes]): [string, OutlierChannels[string]][] => {
    const loud = loudChannels(magnitudes);
    return loud ? [[tensor, loud]] : [];
  });
  return Object.fromEntries(found);
}

/** Float model with the loud channels of its int8 products split off, and what its rewrite needs. */
export interface SplitModel {
  readonly model: PreparedModel;
  readonly selected: Map<NodeProto, SelectedOp>;
  readonly ranges: ActivationRanges;
  readonly means: ChannelMeans;
  /** Tensor in which both parts of a product are added up. */
  readonly sums: ReadonlyMap<NodeProto, string>;
  readonly splits: readonly Split[];
  /** Loud channels of its input, by name of each op that was split. */
  readonly loud: ReadonlyMap<string, number>;
}

/** A tensor with loud channels, and the initializers that are to hold the ends of its int8 range. */
interface Split {
  readonly tensor: string;
  readonly ends: readonly [string, string];
}

/**
 * Mixed decomposition in the manner of LLM.int8() (Dettmers et al. 2022, section 3.2), for ranges that are known beforehand: the quiet
 * channels alone set the range [lo, hi] of X, so that int8 clips the loud ones O, and a float product adds what was clipped:
 * Y = X W = clip(X) W + (X_O − clip(X_O)) W_O. The int8 product stays as it is, the codes of X stay shared by its readers,
 * and only a few columns are gathered. Splits where all int8 readers of X are MatMul or Gemm with a constant matrix. Edits `model.graph`;
 * `withEnds` completes it once scales are known.
 */
export function splitOutliers(
  model: PreparedModel,
  config: QuantizeConfig,
  { ranges, means }: { readonly ranges: ActivationRanges; readonly means: ChannelMeans },
  outliers: OutlierChannels,
): SplitModel {
  const { graph } = model;
  const selected = selectOps(model, config);
  const inFloat = new Set<string>();
  const infos = new Map(model.infos);
  const sums = new Map<NodeProto, string>();
  const loud = new Map<string, number>();
  const splits: Split[] = [];
  for (const tensor of splittableTensors(model, selected)) {
    const found = outliers[tensor];
    if (!found) continue;
    const readers = graph.consumers(tensor).filter((node) => selected.get(node)?.config.mode === 'static');
    const { excess, ends } = emitExcess(graph, tensor, found.channels);
    for (const node of readers) {
      sums.set(node, emitSum(graph, node, excess, found.channels, infos));
      loud.set(node.name, found.channels.length);
    }
    inFloat.add(tensor);
    splits.push({ tensor, ends });
  }
  if (splits.length === 0) return { model, selected, ranges, means, sums, splits, loud };
  const split = { graph, infos };
  return {
    model: split,
    selected: selectOps(split, config, inFloat),
    ranges: quietRanges(ranges, splits, outliers),
    means: quietMeans(means, splits, outliers),
    sums,
    splits,
    loud,
  };
}

/** Writes the ends of each split tensor's int8 range, to the last bit what its codes can stand for. */
export function withEnds(
  graph: Graph,
  splits: readonly Split[],
  quantized: ReadonlyMap<string, QuantizedTensor>,
): void {
  for (const { tensor, ends } of splits) {
    const { type, isSymmetric, parameters } = quantized.get(tensor) as QuantizedTensor;
    const codes = integerRange(type, isSymmetric);
    [codes.min, codes.max].forEach((code, i) => {
      const data = Float32Array.of(dequantizeValue(code, parameters));
      graph.addInitializer(writeTensor(ends[i] as string, { type: 'float32', dims: [], data }));
    });
  }
}

/** Whether some product could be split. */
export function hasSplittable(model: PreparedModel): boolean {
  return model.graph.nodes.some((node) => isSplittable(model, node));
}

/**
 * Tensors that only splittable products read in int8, and that are float in front of the codes: written by a float op, or by one that may
 * compute in float instead.
 */
export function splittableTensors(model: PreparedModel, selected: ReadonlyMap<NodeProto, SelectedOp>): string[] {
  const { graph } = model;
  const tensors = new Set<string>();
  for (const { node, config } of selected.values()) {
    const tensor = node.input[0] as string;
    if (config.mode !== 'static' || tensors.has(tensor)) continue;
    const fits = graph.consumers(tensor).every((reader) => {
      const op = selected.get(reader);
      return (
        op?.config.mode !== 'static' ||
        (isSplittable(model, reader) && !isWide(op.config.activation.dtype)) ||
        !op.roles.activations.some((index) => reader.input[index] === tensor)
      );
    });
    if (fits && canBeFloat(model, tensor, selected)) tensors.add(tensor);
  }
  return [...tensors];
}

function canBeFloat(
  { graph, infos }: PreparedModel,
  tensor: string,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
): boolean {
  const writer = graph.producer(tensor);
  const op = writer && selected.get(writer);
  if (op) return op.config.mode === 'dynamic' || op.roles.glue;
  const inner = writer?.input[0] && graph.producer(writer.input[0]);
  const before = inner && selected.get(inner);
  return !before || absorbedActivation({ graph, infos }, before) !== writer || before.roles.floatOutput;
}

function isSplittable(model: PreparedModel, node: NodeProto): boolean {
  if (node.opType !== 'MatMul' && node.opType !== 'Gemm') return false;
  const roles = rolesOf(node, model);
  const weight = model.graph.initializer(node.input[1] ?? '');
  return typeof roles !== 'string' && roles.weight?.index === 1 && weight?.dims.length === 2;
}

/** X_O − clip(X_O); the ends of the clip are names that `withEnds` gives values to. */
function emitExcess(
  graph: Graph,
  tensor: string,
  channels: readonly number[],
): { excess: string; ends: [string, string] } {
  const name = (what: string): string => graph.uniqueName(`${tensor}_${what}`);
  const indices = graph.addInitializer(
    writeTensor(name('loud_channels'), {
      type: 'int64',
      dims: [channels.length],
      data: BigInt64Array.from(channels, BigInt),
    }),
  );
  const ends: [string, string] = [name('lowest'), name('highest')];
  const [loud, clipped, excess] = [name('loud'), name('loud_clipped'), name('excess')];
  graph.addNode({
    opType: 'Gather',
    name: name('Gather'),
    input: [tensor, indices],
    output: [loud],
    attributes: { axis: -1 },
  });
  graph.addNode({ opType: 'Clip', name: name('Clip'), input: [loud, ...ends], output: [clipped] });
  graph.addNode({ opType: 'Sub', name: name('Sub'), input: [loud, clipped], output: [excess] });
  return { excess, ends };
}

/** Adds the float product to what `node` writes, which keeps its name. */
function emitSum(
  graph: Graph,
  node: NodeProto,
  excess: string,
  channels: readonly number[],
  infos: Map<string, TensorInfo>,
): string {
  const sum = node.output[0] as string;
  const quiet = graph.uniqueName(`${sum}_quiet`);
  const loud = graph.uniqueName(`${sum}_loud`);
  const info = infos.get(sum);
  if (info) infos.set(quiet, info);
  graph.setOutput(node, 0, quiet);
  const rows = weightRows(graph, node, channels);
  graph.addNode({
    opType: 'MatMul',
    name: graph.uniqueName(`${node.name}_loud`),
    input: [excess, rows],
    output: [loud],
  });
  graph.addNode({ opType: 'Add', name: graph.uniqueName(`${node.name}_sum`), input: [quiet, loud], output: [sum] });
  return sum;
}

/** Name of the initializer with the weights of some input channels, (channels, outputs). Its name tells them: caches go by names. */
function weightRows(graph: Graph, node: NodeProto, channels: readonly number[]): string {
  const weight = node.input[1] as string;
  const { dims, data } = readTensor(graph.initializer(weight) as TensorProto);
  const isTransposed = node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1;
  const [inputs, outputs] = (isTransposed ? [dims[1], dims[0]] : dims) as [number, number];
  const rows = new Float32Array(channels.length * outputs);
  channels.forEach((channel, row) => {
    for (let j = 0; j < outputs; j++) {
      rows[row * outputs + j] = (data as Float32Array)[
        isTransposed ? j * inputs + channel : channel * outputs + j
      ] as number;
    }
  });
  const name = graph.uniqueName(`${weight}_of_${channels.join('_')}`);
  return graph.addInitializer(writeTensor(name, { type: 'float32', dims: [channels.length, outputs], data: rows }));
}

function quietRanges(ranges: ActivationRanges, splits: readonly Split[], outliers: OutlierChannels): ActivationRanges {
  const quiet = (of: Readonly<Record<string, ActivationRange>>): Record<string, ActivationRange> => {
    const changed = splits.flatMap(({ tensor }): [string, ActivationRange][] => {
      const range = of[tensor];
      const { bound } = outliers[tensor] as OutlierChannels[string];
      return range ? [[tensor, { min: Math.max(range.min, -bound), max: Math.min(range.max, bound) }]] : [];
    });
    return { ...of, ...Object.fromEntries(changed) };
  };
  return Object.fromEntries(Object.entries(ranges).map(([method, of]) => [method, quiet(of)]));
}

/** What the int8 product sees of a loud channel is near the end of the range where its mean lies beyond. */
function quietMeans(means: ChannelMeans, splits: readonly Split[], outliers: OutlierChannels): ChannelMeans {
  const changed = splits.flatMap(({ tensor }): [string, number[]][] => {
    const { bound } = outliers[tensor] as OutlierChannels[string];
    const of = means[tensor];
    return of ? [[tensor, of.map((mean) => Math.min(bound, Math.max(-bound, mean)))]] : [];
  });
  return { ...means, ...Object.fromEntries(changed) };
}
