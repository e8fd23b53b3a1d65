import type { ReplayOp, ReplayPlan, ReplayScaling, ReplayTensor } from '../history/replay-plan.ts';
import { isOperator } from '../onnx/operator.ts';
import type { IntegerMode, QuantizeConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { quantizedTensors } from '../quantize/rewrite/activation-parameters.ts';
import { absorbedActivation, selectOps, type SelectedOp } from '../quantize/rewrite/select.ts';
import type { Calibrated } from './calibrator.ts';
import { sourceModel } from './source-model.ts';

const LAYERS = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];

/** What `config` does to `prepared`, told op by op. `calibrated`: the model with its graph recipes applied, and what they read. */
export function replayPlan(
  prepared: PreparedModel,
  config: QuantizeConfig,
  { model, ranges, loudest }: Pick<Calibrated, 'model' | 'ranges' | 'loudest'>,
): ReplayPlan {
  const selected = selectOps(model, config);
  const ops = [...selected.values()];
  const quantized = quantizedTensors(model, selected, ranges);
  const named = (mode: IntegerMode): ReplayOp[] => ops.filter((op) => op.config.mode === mode).map(replayOp);
  const absorbed = ops.flatMap((op) => {
    const activation = absorbedActivation(model, op);
    return activation && quantized.has(activation.output[0] ?? '') ? [activation.name] : [];
  });
  const scalings: ReplayScaling[] = [];
  sourceModel(prepared, config, loudest, ({ factors, ...scaling }) =>
    scalings.push({ ...scaling, factors: Array.from(factors) }),
  );
  return {
    scalings,
    staticOps: named('static'),
    dynamicOps: named('dynamic'),
    tensors: Object.fromEntries(
      [...quantized.values()].map(({ tensor, type, parameters, isSymmetric }): [string, ReplayTensor] => [
        tensor,
        { dtype: type, isSymmetric, ...parameters },
      ]),
    ),
    flow: Object.fromEntries(
      prepared.graph.nodes
        .filter((node) => isOperator(node, ...LAYERS) && prepared.graph.initializer(node.input[1] ?? ''))
        .map(({ name, input, output }) => [name, [input[0] ?? '', output[0] ?? ''] as const]),
    ),
    absorbed,
  };
}

function replayOp({ node, roles, config: { weight } }: SelectedOp): ReplayOp {
  const { name, opType } = node;
  if (!roles.weight || weight.dtype === 'int4') return { name, opType };
  const axis = weight.granularity === 'per_channel' ? roles.weight.axis : null;
  return {
    name,
    opType,
    weight: {
      dtype: weight.dtype,
      axis,
      isSymmetric: weight.scheme === 'sym' || axis !== null,
      isReduced: weight.bit === 7,
    },
  };
}
