import type { Tensor } from '../../base/tensor.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { exposeTensors } from '../../onnx/expose.ts';
import { modelCapability } from '../capability.ts';
import type { ActivationRange, ActivationRanges, OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { calibrationTensors } from '../rewrite/activation-parameters.ts';
import { rewrite } from '../rewrite/rewrite.ts';
import { selectOps } from '../rewrite/select.ts';
import { WeightCache } from '../rewrite/weight-cache.ts';
import { runModel } from './run-model.ts';

/** Every op in its first int8 form but those listed. */
export function allInt8(model: PreparedModel, float: readonly string[] = []): QuantizeConfig {
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    float.includes(name) ? 'fp32' : (int8[0] ?? 'fp32'),
  ]);
  return { ops: Object.fromEntries(ops), weightStorage: 'float32' };
}

/** Min-max ranges of every tensor that the config asks for, from one run. */
export async function rangesOf(
  model: PreparedModel,
  config: QuantizeConfig,
  feeds: Record<string, Tensor>,
): Promise<ActivationRanges> {
  const tensors = calibrationTensors(model, selectOps(model, config));
  const inner = tensors.filter((name) => !model.graph.isInput(name));
  const { outputs } = await runModel(encodeModel(exposeTensors(model.graph, inner)), feeds);
  const entries = tensors.map((name): [string, ActivationRange] => {
    const data = (outputs[name] ?? feeds[name])!.data as Float32Array;
    return [
      name,
      { min: data.reduce((a, b) => Math.min(a, b), Infinity), max: data.reduce((a, b) => Math.max(a, b), -Infinity) },
    ];
  });
  return { minmax: Object.fromEntries(entries) };
}

/** Quantizes with the ranges of `feeds`; the error is ‖int8 − float‖ / ‖float‖ of the first output. */
export async function quantizeAndRun(model: PreparedModel, config: QuantizeConfig, feeds: Record<string, Tensor>) {
  const float = await runModel(encodeModel(model.graph.model), feeds);
  const quantized = rewrite(model, config, await rangesOf(model, config, feeds), new WeightCache());
  const int8 = await runModel(concatenate(quantized.parts), feeds, true);
  const name = model.graph.outputs[0]!;
  return { ...quantized, kernels: int8.kernels, error: relativeError(float.outputs[name]!, int8.outputs[name]!) };
}

function relativeError(a: Tensor, b: Tensor): number {
  let [error, power] = [0, 0];
  a.data.forEach((value, i) => {
    error += (Number(value) - Number(b.data[i])) ** 2;
    power += Number(value) ** 2;
  });
  return Math.sqrt(error / power);
}
