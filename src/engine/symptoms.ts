import type { ModelStatistics } from '../history/session-record.ts';
import { intAttribute } from '../onnx/attributes.ts';
import type { NodeProto } from '../onnx/proto/onnx_pb.ts';
import type { ActivationRange, RangeMethod } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { outlierChannels, unequalWeights, type ChannelImbalance } from '../quantize/recipes/diagnosis.ts';
import { splittableTensors } from '../quantize/recipes/outlier-channels.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import type { Symptoms } from '../tuning/diagnosis.ts';
import type { TuneConfig } from '../tuning/types.ts';
import type { Calibrated } from './calibrator.ts';

interface Examined {
  readonly config: TuneConfig;
  /** Model and ranges that the config starts from. */
  readonly calibrated: Calibrated;
  /** Of the model as it is. */
  readonly statistics: ModelStatistics;
  readonly model: PreparedModel;
  /** α that may be tried; undefined where SmoothQuant is switched off. */
  readonly alpha: number | undefined;
  /** Whether loud channels may be split off. */
  readonly splits: boolean;
  readonly calibrationSamples: number;
}

/** What the model and its calibration say about the int8 ops of a config. */
export function symptomsOf({
  config,
  calibrated,
  statistics,
  model,
  alpha,
  splits,
  calibrationSamples,
}: Examined): Symptoms {
  const { nodes } = model.graph;
  const widths = (node: NodeProto, from: RangeMethod, to: RangeMethod): number => {
    const tensors = [node.input[0] ?? '', node.output[0] ?? ''];
    return Math.max(1, ...tensors.map((name) => ratio(calibrated.ranges[from]?.[name], calibrated.ranges[to]?.[name])));
  };
  const methodOf = ({ name }: NodeProto): RangeMethod | null => {
    const op = config.ops[name] ?? 'fp32';
    return op === 'fp32' || op.mode !== 'static' ? null : op.activation.algorithm;
  };
  const byOp = (value: (node: NodeProto, method: RangeMethod) => number): Map<string, number> =>
    new Map(
      nodes.flatMap((node): [string, number][] => {
        const method = methodOf(node);
        return method ? [[node.name, value(node, method)]] : [];
      }),
    );
  return {
    ops: nodes.map(({ name }) => name),
    outlierRatios: ratios(outlierChannels(model, statistics.loudest)),
    alpha: config.smoothQuant === undefined ? (alpha ?? null) : null,
    splitRatios: splits && !config.outlierChannels ? splitRatios(config, calibrated) : new Map(),
    weightRatios: config.equalization ? new Map() : ratios(unequalWeights(model)),
    stretch: byOp((node, method) => (method === 'percentile' ? 1 : widths(node, method, 'percentile'))),
    clipping: byOp((node, method) => (method === 'minmax' ? 1 : widths(node, 'minmax', method))),
    depthwise: new Set(nodes.filter((node) => isDepthwise(node)).map(({ name }) => name)),
    calibrationSamples,
  };
}

/** By int8 op: largest value of what it reads over the loudest of the channels that would stay. */
function splitRatios(config: TuneConfig, { model, ranges, outliers }: Calibrated): Map<string, number> {
  const selected = selectOps(model, config);
  return new Map(
    splittableTensors(model, selected).flatMap((tensor): [string, number][] => {
      const [found, range] = [outliers[tensor], ranges.minmax?.[tensor]];
      if (!found || !range) return [];
      const readers = model.graph.consumers(tensor).filter((node) => selected.get(node)?.config.mode === 'static');
      return readers.map(({ name }) => [name, Math.max(-range.min, range.max) / found.bound]);
    }),
  );
}

function ratio(wide: ActivationRange | undefined, narrow: ActivationRange | undefined): number {
  if (!wide || !narrow || narrow.max <= narrow.min) return 1;
  return (wide.max - wide.min) / (narrow.max - narrow.min);
}

/** The worst of each op. */
function ratios(imbalances: readonly ChannelImbalance[]): Map<string, number> {
  const worst = new Map<string, number>();
  for (const { op, ratio: of } of imbalances) worst.set(op, Math.max(of, worst.get(op) ?? 1));
  return worst;
}

function isDepthwise(node: NodeProto): boolean {
  return node.opType === 'Conv' && intAttribute(node, 'group', 1) > 1;
}
