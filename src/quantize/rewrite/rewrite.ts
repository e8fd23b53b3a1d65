import { sizeOf } from '../../base/bytes.ts';
import { encodeParts } from '../../onnx/encode.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import {
  isWide,
  type ActivationRanges,
  type ChannelMeans,
  type Int8Format,
  type OutlierChannels,
  type QuantizeConfig,
} from '../config.ts';
import { footprintBytes } from '../footprint.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { splitOutliers } from '../recipes/outlier-channels.ts';
import { quantizedTensors } from './activation-parameters.ts';
import { emitActivations } from './emit-activations.ts';
import { emitBlockProducts } from './emit-block-products.ts';
import { emitDynamic } from './emit-dynamic.ts';
import { emitStorage } from './emit-storage.ts';
import { emitWeights } from './emit-weights.ts';
import { keepProducts } from './keep-products.ts';
import { narrowFloat16 } from './narrow-float16.ts';
import { inFloat16, opReport, type OpReport } from './report.ts';
import type { SelectedOp } from './select.ts';
import { toQOperator } from './to-qoperator.ts';
import type { WeightCache } from './weight-cache.ts';

export interface QuantizedModel {
  /** The file in parts; weights that were not touched are views of the float model. */
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
  /** See `footprintBytes`. */
  readonly footprintBytes: number;
  readonly ops: readonly OpReport[];
}

/**
 * Float model + config + ranges → int8 model: static ops in the given format, dynamic ops by DynamicQuantizeLinear, the weights of all
 * others stored compactly. `model` is not edited: with its graph recipes applied (SmoothQuant, equalization). Ranges must hold
 * every tensor that `calibrationTensors` names for the config, `means` the inputs of its static layers for bias correction,
 * `outliers` the loud channels that are split off where the config says so.
 */
export function rewrite(
  model: PreparedModel,
  config: QuantizeConfig,
  ranges: ActivationRanges,
  cache: WeightCache,
  means: ChannelMeans = {},
  format: Int8Format = 'qdq',
  outliers: OutlierChannels = {},
): QuantizedModel {
  const graph = model.graph.clone();
  const split = splitOutliers({ graph, infos: model.infos }, config, ranges, outliers);
  const { model: work, selected } = split;
  const quantized = quantizedTensors(work, selected, split.ranges);
  const inputs = activationInputs(selected);
  const clip = config.weightClip === true;
  emitDynamic(graph, selected.values(), clip, cache);
  emitWeights(
    graph,
    selected,
    quantized,
    inputs,
    { clip, means: config.biasCorrection && means, sums: split.sums },
    cache,
  );
  const products = config.matmulNBits ? emitBlockProducts(graph, config, cache) : new Set<string>();
  emitActivations(work, selected, quantized);
  keepProducts(graph, selected, inputs, work.infos);
  graph.prune();
  const storage = emitStorage(graph, config, cache);
  const narrow = config.float16Compute ? narrowFloat16(graph, model.infos) : new Set<NodeProto>();
  const ops = inFloat16(opReport(model, selected, { ...storage, products, loud: split.loud }), narrow);
  let proto = withoutStaleTypes(graph);
  const int8 = [...selected.values()].filter(
    ({ config }) => config.mode === 'static' && !isWide(config.activation.dtype),
  );
  const footprint = footprintBytes(graph, model.infos, nodesOf(int8));
  if (format === 'qoperator') {
    toQOperator(graph, nodesOf(int8), nodesOf(int8.filter(({ roles }) => roles.output === 'shared')));
    graph.prune();
    proto = withoutStaleTypes(graph);
  }
  const parts = encodeParts(proto);
  return { parts, sizeBytes: sizeOf(parts), footprintBytes: footprint, ops };
}

/** First activation of each op under its name in the float graph, before emission renames what it reads. */
function activationInputs(selected: ReadonlyMap<NodeProto, SelectedOp>): Map<NodeProto, string> {
  return new Map([...selected].map(([node, { roles }]) => [node, node.input[roles.activations[0] ?? 0] as string]));
}

function nodesOf(ops: readonly SelectedOp[]): Set<NodeProto> {
  return new Set(ops.map(({ node }) => node));
}

/** Types of inner tensors are dropped: Q outputs are no longer float, and runtimes infer the rest. */
function withoutStaleTypes(graph: Graph): ReturnType<Graph['commit']> {
  const model = graph.commit();
  if (model.graph) model.graph.valueInfo = [];
  return model;
}
