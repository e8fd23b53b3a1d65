import type { CodeRange, WeightValues } from '../history/op-values.ts';
import { readTensor } from '../onnx/tensor-proto.ts';
import { channelLayout } from '../quantize/channels.ts';
import { integerRange } from '../quantize/numerics.ts';
import { TensorObserver } from '../quantize/observer.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import type { SelectedOp } from '../quantize/rewrite/select.ts';
import { channelExtremes } from '../quantize/simd/weight.ts';
import { weightSqnrDb } from '../quantize/weight-sqnr.ts';
import { quantizeWeight } from '../quantize/weight.ts';
import { codeRange } from './clip-ranges.ts';
import { valueBins } from './value-bins.ts';

/**
 * A constant float weight as `op` quantizes it. Scales are those of the weight alone, as in `weightSqnrs`. Null where the
 * op has no such weight.
 */
export function weightValues(
  { graph }: PreparedModel,
  { node, roles, config }: Pick<SelectedOp, 'node' | 'roles'> & Partial<Pick<SelectedOp, 'config'>>,
  weightClip: boolean,
): WeightValues | null {
  const name = node.input[roles.weight?.index ?? -1] ?? '';
  const proto = graph.initializer(name);
  if (!roles.weight || !proto) return null;
  const weight = readTensor(proto);
  const { data, dims } = weight;
  if (!(data instanceof Float32Array)) return null;
  const observer = new TensorObserver();
  observer.observe(data);
  const { axis } = roles.weight;
  const layout = channelLayout(dims, axis);
  const { min, max } = channelExtremes(data, layout);
  const channels = axis === null ? null : [...max].map((high, i) => Math.max(high, -(min[i] as number)));
  const values = { tensor: name, bins: valueBins(observer.histogram()), channels };
  if (!config || config.mode === 'weight_only') return { ...values, int8: null };
  const perChannel = config.weight.granularity === 'per_channel' && axis !== null;
  const quantized = quantizeWeight(weight, config.weight, perChannel ? axis : null, undefined, weightClip);
  const codes = integerRange(config.weight.dtype, config.weight.scheme === 'sym' || perChannel);
  const byStep = [...quantized.scales.keys()]
    .map((channel): CodeRange =>
      codeRange(
        { scale: quantized.scales[channel] as number, zeroPoint: quantized.zeroPoints[channel] as number },
        codes,
      ),
    )
    .sort((a, b) => a.stepSize - b.stepSize);
  const sqnrDb = weightSqnrDb(data, quantized);
  return {
    ...values,
    int8: {
      granularity: perChannel ? 'per_channel' : 'per_tensor',
      largest: byStep.at(-1) as CodeRange,
      median: byStep[Math.floor((byStep.length - 1) / 2)] as CodeRange,
      sqnrDb: Number.isFinite(sqnrDb) ? sqnrDb : null,
    },
  };
}
