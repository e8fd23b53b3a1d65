import { intAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor, writeTensor } from '../../onnx/tensor-proto.ts';
import {
  isWide,
  type ActivationRange,
  type ActivationRanges,
  type OutlierChannels,
  type QuantizeConfig,
} from '../config.ts';
import type { PreparedModel, TensorInfo } from '../prepared-model.ts';
import { absorbedActivation, selectOps, type SelectedOp } from '../rewrite/select.ts';
import { rolesOf } from '../rules/registry.ts';
import { OUTLIER_RATIO } from './diagnosis.ts';

/** Of the channels: the float product beside the int8 one is to stay small. */
const LARGEST_SHARE = 1 / 16;
/** The range gets narrower by at least so much: one bit more for the quiet channels. */
const LEAST_GAIN = 2;

/**
 * Channels far louder than the others, ascending, and the largest magnitude of the rest. Undefined where no channel stands
 * out by a bit or more. Where too many do, the loudest ones.
 */
export function loudChannels(loudest: readonly number[]): OutlierChannels[string] | undefined {
  const order = [...loudest.keys()].sort((a, b) => (loudest[b] as number) - (loudest[a] as number) || a - b);
  const alive = order.filter((channel) => (loudest[channel] as number) > 0);
  const median = loudest[alive[Math.floor(alive.length / 2)] ?? -1];
  if (median === undefined) return undefined;
  const most = Math.max(1, Math.floor(loudest.length * LARGEST_SHARE));
  const channels = order.slice(0, most).filter((channel) => (loudest[channel] as number) >= OUTLIER_RATIO * median);
  const bound = loudest[order[channels.length] as number];
  const [first] = channels;
  if (first === undefined || !bound || (loudest[first] as number) < LEAST_GAIN * bound) return undefined;
  return { channels: channels.sort((a, b) => a - b), bound };
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
  /** Tensor in which both parts of a product are added up. */
  readonly sums: ReadonlyMap<NodeProto, string>;
  /** Loud channels of its input, by name of each op that was split. */
  readonly loud: ReadonlyMap<string, number>;
}

/**
 * Mixed decomposition (LLM.int8(), Dettmers et al. 2022, section 3.2) for ranges that are known beforehand:
 * Y = X W = X W′ + X_O W_O, with the weights of the loud channels O moved from W to a small float product. The quiet channels alone
 * set the int8 range of X: its codes clip the loud ones, which meet zeros in W′. So the int8 product and what its
 * readers share stay as they are. `ranges`: by method, of every tensor that is read in int8. Edits `model.graph`.
 */
export function splitOutliers(
  model: PreparedModel,
  config: QuantizeConfig,
  ranges: ActivationRanges,
  outliers: OutlierChannels,
): SplitModel {
  const { graph } = model;
  const selected = selectOps(model, config);
  const sums = new Map<NodeProto, string>();
  const loud = new Map<string, number>();
  const tensors = splitTensors(model, config, selected, outliers);
  if (tensors.length === 0) return { model, selected, ranges, sums, loud };
  const infos = new Map(model.infos);
  const known = new Map<string, SplitWeight>();
  for (const tensor of tensors) {
    const { channels } = outliers[tensor] as OutlierChannels[string];
    const readers = graph.consumers(tensor).filter((node) => selected.get(node)?.config.mode === 'static');
    const gathered = emitLoud(graph, tensor, channels);
    for (const node of readers) {
      sums.set(node, splitProduct(graph, node, gathered, channels, infos, known));
      loud.set(node.name, channels.length);
    }
  }
  const split = { graph, infos };
  return {
    model: split,
    selected: selectOps(split, config, new Set(tensors)),
    ranges: quietRanges(ranges, tensors, outliers),
    sums,
    loud,
  };
}

/** The tensors that a config splits. */
export function splitTensors(
  model: PreparedModel,
  config: QuantizeConfig,
  selected: ReadonlyMap<NodeProto, SelectedOp>,
  outliers: OutlierChannels,
): string[] {
  return config.outlierChannels ? splittableTensors(model, selected).filter((tensor) => outliers[tensor]) : [];
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

/** Whether what is written is float, or can be at no loss: glue may compute in float, and an activation need not be absorbed. */
function canBeFloat(model: PreparedModel, tensor: string, selected: ReadonlyMap<NodeProto, SelectedOp>): boolean {
  const { graph } = model;
  const writer = graph.producer(tensor);
  const op = writer && selected.get(writer);
  if (op?.roles.glue) {
    return op.roles.activations.every((index) => comesInFloat(model, op.node.input[index] as string, selected));
  }
  if (op) return op.config.mode === 'dynamic';
  const inner = writer?.input[0] && graph.producer(writer.input[0]);
  const before = inner && selected.get(inner);
  return !before || absorbedActivation(model, before) !== writer || before.roles.floatOutput;
}

/** What float glue would read. */
function comesInFloat(model: PreparedModel, tensor: string, selected: ReadonlyMap<NodeProto, SelectedOp>): boolean {
  const writer = model.graph.producer(tensor);
  const op = writer && selected.get(writer);
  return op && !op.roles.glue ? op.roles.floatOutput : canBeFloat(model, tensor, selected);
}

function isSplittable(model: PreparedModel, node: NodeProto): boolean {
  if (node.opType !== 'MatMul' && node.opType !== 'Gemm') return false;
  const roles = rolesOf(node, model);
  const weight = model.graph.initializer(node.input[1] ?? '');
  return typeof roles !== 'string' && roles.weight?.index === 1 && weight?.dims.length === 2;
}

/** X_O, the loud channels alone. */
function emitLoud(graph: Graph, tensor: string, channels: readonly number[]): string {
  const name = (what: string): string => graph.uniqueName(`${tensor}_${what}`);
  const data = BigInt64Array.from(channels, BigInt);
  const indices = graph.addInitializer(
    writeTensor(name('loud_channels'), { type: 'int64', dims: [channels.length], data }),
  );
  const loud = name('loud');
  graph.addNode({
    opType: 'Gather',
    name: name('Gather'),
    input: [tensor, indices],
    output: [loud],
    attributes: { axis: -1 },
  });
  return loud;
}

/** Takes the loud channels out of a product and adds them in float; the sum has the name that `node` wrote. */
function splitProduct(
  graph: Graph,
  node: NodeProto,
  loud: string,
  channels: readonly number[],
  infos: Map<string, TensorInfo>,
  known: Map<string, SplitWeight>,
): string {
  const sum = node.output[0] as string;
  const quietPart = graph.uniqueName(`${sum}_quiet`);
  const loudPart = graph.uniqueName(`${sum}_loud`);
  const info = infos.get(sum);
  if (info) infos.set(quietPart, info);
  graph.setOutput(node, 0, quietPart);
  const { quiet, rows } = splitWeight(graph, node, channels, known);
  graph.setInput(node, 1, quiet);
  graph.addNode({
    opType: 'MatMul',
    name: graph.uniqueName(`${node.name}_loud`),
    input: [loud, rows],
    output: [loudPart],
  });
  graph.addNode({
    opType: 'Add',
    name: graph.uniqueName(`${node.name}_sum`),
    input: [quietPart, loudPart],
    output: [sum],
  });
  return sum;
}

interface SplitWeight {
  /** Of the weight with zeros for the loud input channels. */
  readonly quiet: string;
  /** Of the weights of the loud ones, (channels, outputs). */
  readonly rows: string;
}

/** Names of both parts of a weight as initializers. They tell the channels: caches of weights go by names. */
function splitWeight(
  graph: Graph,
  node: NodeProto,
  channels: readonly number[],
  known: Map<string, SplitWeight>,
): SplitWeight {
  const weight = node.input[1] as string;
  const isTransposed = node.opType === 'Gemm' && intAttribute(node, 'transB', 0) === 1;
  const key = `${weight}_${isTransposed ? 'columns' : 'rows'}_${channels.join('_')}`;
  const before = known.get(key);
  if (before) return before;
  const { dims, data } = readTensor(graph.initializer(weight) as TensorProto);
  const [inputs, outputs] = (isTransposed ? [dims[1], dims[0]] : dims) as [number, number];
  const quiet = (data as Float32Array).slice();
  const rows = new Float32Array(channels.length * outputs);
  channels.forEach((channel, row) => {
    for (let j = 0; j < outputs; j++) {
      const at = isTransposed ? j * inputs + channel : channel * outputs + j;
      rows[row * outputs + j] = quiet[at] as number;
      quiet[at] = 0;
    }
  });
  const added = (name: string, of: readonly number[], values: Float32Array): string =>
    graph.addInitializer(writeTensor(graph.uniqueName(name), { type: 'float32', dims: of, data: values }));
  const split = {
    quiet: added(`${key}_quiet`, dims, quiet),
    rows: added(`${key}_loud`, [channels.length, outputs], rows),
  };
  known.set(key, split);
  return split;
}

/** What the codes of split tensors cover: the quiet channels. `ranges` by method; others stay. */
export function quietRanges(
  ranges: ActivationRanges,
  tensors: readonly string[],
  outliers: OutlierChannels,
): ActivationRanges {
  const quiet = (of: Readonly<Record<string, ActivationRange>>): Record<string, ActivationRange> => {
    const changed = tensors.flatMap((tensor): [string, ActivationRange][] => {
      const range = of[tensor];
      const { bound } = outliers[tensor] as OutlierChannels[string];
      return range ? [[tensor, { min: Math.max(range.min, -bound), max: Math.min(range.max, bound) }]] : [];
    });
    return { ...of, ...Object.fromEntries(changed) };
  };
  return Object.fromEntries(Object.entries(ranges).map(([method, of]) => [method, quiet(of)]));
}
