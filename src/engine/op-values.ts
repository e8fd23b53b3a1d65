import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { ActivationValues, OpValues } from '../history/op-values.ts';
import type { NodeProto } from '../onnx/proto/onnx_pb.ts';
import type { Int8OpConfig, QuantizeConfig } from '../quantize/config.ts';
import type { Histogram } from '../quantize/observer.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { quietRanges, splitTensors } from '../quantize/recipes/outlier-channels.ts';
import { selectOps, writtenTensors } from '../quantize/rewrite/select.ts';
import { rolesOf } from '../quantize/rules/registry.ts';
import type { TuningSpace } from '../tuning/types.ts';
import type { Calibrated } from './calibrator.ts';
import { ClipRanges } from './clip-ranges.ts';
import type { RunControl } from './control.ts';
import type { Feed } from './feed.ts';
import { observeTensors } from './observe-tensors.ts';
import type { SessionPool } from './session-host-api.ts';
import { isStatic } from './source-model.ts';
import { valueBins } from './value-bins.ts';
import { weightValues } from './weight-values.ts';

/** An Add reads two; a Concat of many is not shown in full. */
const MOST_READ = 2;
/** Of the runs; opening the part of the model comes on top. */
const BUDGET_MS = 1000;

export interface OpValuesParts {
  readonly pool: SessionPool;
  readonly control: RunControl;
  readonly clock: Clock;
  readonly space: TuningSpace;
  /** Whose ranges are shown. */
  readonly trial: number | null;
  readonly config: QuantizeConfig;
  /** Model and ranges that the config starts from. */
  readonly calibrated: Calibrated;
  readonly feed: Feed;
}

/**
 * Histograms of what an op reads and writes in float, and of its weight, with the ranges that methods give them. Throws
 * `usage` for an op that the model lacks.
 */
export async function opValues(parts: OpValuesParts, op: string): Promise<OpValues> {
  const { clock, space, trial, config, calibrated, feed } = parts;
  const { model, outliers } = calibrated;
  const started = clock();
  const node = model.graph.nodes.find(({ name }) => name === op);
  if (!node) {
    throw new Fault('usage', {
      message: `The model has no op ${op} outside of the bodies of others`,
      next: 'Choose an op of the main graph.',
    });
  }
  const used = selectOps(model, config);
  const ranges = quietRanges(calibrated.ranges, splitTensors(model, config, used, outliers), outliers);
  // Where the op computes in float: as it would in int8. Ranges are there if the config has any.
  const candidate = isStatic(config) ? staticOption(space, op) : undefined;
  const choice = used.get(node)?.config ?? candidate;
  const thought = choice ? selectOps(model, { ...config, ops: { ...config.ops, [op]: choice } }) : used;
  const clip = new ClipRanges(model, used, thought, ranges);
  const tensors = tensorsOf(model, node, thought);
  const observed = await observeTensors(
    parts,
    model,
    tensors.map(({ tensor }) => tensor),
    feed,
    BUDGET_MS,
  );
  const activations = tensors.map(({ tensor, role }): ActivationValues => {
    const histogram = observed.histograms.get(tensor) as Histogram;
    const channels = observed.loudest.get(tensor);
    return {
      tensor,
      role,
      bins: valueBins(histogram),
      ranges: clip.of(tensor, histogram),
      channels: channels && channels.length > 1 ? [...channels] : null,
    };
  });
  const roles = rolesOf(node, model);
  const mode = used.get(node)?.config.mode;
  return {
    op,
    trial,
    computes: mode === 'static' || mode === 'dynamic' ? mode : 'float',
    samples: observed.samples,
    activations,
    weight:
      typeof roles === 'string'
        ? null
        : weightValues(model, { node, roles, ...(choice && { config: choice }) }, config.weightClip === true),
    seconds: (clock() - started) / 1000,
  };
}

function staticOption({ ops }: TuningSpace, op: string): Int8OpConfig | undefined {
  return ops.find(({ name }) => name === op)?.int8.find(({ mode }) => mode === 'static');
}

/** Float tensors that an op reads and writes, a Relu or Clip that its int8 form takes in counted as part of it. */
function tensorsOf(
  model: PreparedModel,
  node: NodeProto,
  selected: ReturnType<typeof selectOps>,
): { readonly tensor: string; readonly role: ActivationValues['role'] }[] {
  const { graph, infos } = model;
  const op = selected.get(node);
  const isFloat = (tensor: string): boolean =>
    tensor !== '' && !graph.initializer(tensor) && infos.get(tensor)?.type === 'float32';
  const read = (op ? op.roles.activations.map((index) => node.input[index] ?? '') : node.input).filter(isFloat);
  const written = (op ? writtenTensors(model, op) : node.output).filter(isFloat);
  return [
    ...[...new Set(read)].slice(0, MOST_READ).map((tensor) => ({ tensor, role: 'read' as const })),
    ...written.slice(0, 1).map((tensor) => ({ tensor, role: 'written' as const })),
  ];
}
