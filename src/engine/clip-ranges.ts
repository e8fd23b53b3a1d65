import { RANGE_METHODS } from '../history/config-words.ts';
import type { ClipRange, CodeRange } from '../history/op-values.ts';
import type { ActivationRanges, RangeMethod } from '../quantize/config.ts';
import type { Histogram } from '../quantize/observer.ts';
import { integerRange, type IntegerRange, type QuantizationParameters } from '../quantize/numerics.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { rangeMethods } from '../quantize/range-methods/registry.ts';
import { quantizedTensors, type QuantizedTensor } from '../quantize/rewrite/activation-parameters.ts';
import type { SelectedOp } from '../quantize/rewrite/select.ts';
import type { NodeProto } from '../onnx/proto/onnx_pb.ts';
import { shareOutside } from './value-bins.ts';

type Selected = ReadonlyMap<NodeProto, SelectedOp>;

/** What codes of these parameters reach. */
export function codeRange({ scale, zeroPoint }: QuantizationParameters, { min, max }: IntegerRange): CodeRange {
  return { min: (min - zeroPoint) * scale, max: (max - zeroPoint) * scale, stepSize: scale };
}

/**
 * The ranges that each method gives tensors, by tensor. `used`: the int8 ops of a config; `thought`: these and others that could
 * compute in int8, whose tensors get ranges as well. Tensors of neither have none.
 */
export class ClipRanges {
  readonly #used: ReadonlyMap<string, QuantizedTensor>;
  readonly #byMethod: ReadonlyMap<RangeMethod, ReadonlyMap<string, QuantizedTensor>>;

  constructor(model: PreparedModel, used: Selected, thought: Selected, ranges: ActivationRanges) {
    this.#used = quantizedTensors(model, used, ranges);
    this.#byMethod = new Map(
      rangeMethods
        .filter(({ name }) => ranges[name])
        .map(({ name }) => [name, quantizedTensors(model, withMethod(thought, name), ranges)]),
    );
  }

  of(tensor: string, histogram: Histogram): ClipRange[] {
    const used = this.#used.get(tensor);
    const found = [...this.#byMethod].flatMap(([method, tensors]): ClipRange[] => {
      const quantized = tensors.get(tensor);
      if (!quantized) return [];
      const range = codeRange(quantized.parameters, integerRange(quantized.type));
      const [low, high] = [range.min - range.stepSize / 2, range.max + range.stepSize / 2];
      const isDefined = quantized.method === null;
      return [
        {
          ...range,
          method: isDefined ? null : method,
          title: isDefined ? 'by its op' : RANGE_METHODS[method],
          clippedShare: shareOutside(histogram, low, high),
          isUsed: used !== undefined && (isDefined || used.method === method),
        },
      ];
    });
    // A range by definition is the same by every method.
    return found[0]?.method === null ? found.slice(0, 1) : found;
  }
}

function withMethod(selected: Selected, algorithm: RangeMethod): Map<NodeProto, SelectedOp> {
  return new Map(
    [...selected].map(([node, op]) => [
      node,
      { ...op, config: { ...op.config, activation: { ...op.config.activation, algorithm } } },
    ]),
  );
}
