import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/base/tensor.ts';
import { prepareModel } from '../../src/engine/prepare.ts';
import { concatenate } from '../../src/base/bytes.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { declaredTensor } from '../../src/onnx/value-info.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { ActivationRange, OpConfig } from '../../src/quantize/config.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { runModel } from '../../src/quantize/testing/run-model.ts';
import { decodeValues } from '../../src/quantize/testing/emitted-form.ts';
import golden from './onnxruntime_differences.json';

interface Difference {
  readonly model: string;
  /** What quantize_static wrote, or what it said instead. */
  readonly int8?: string;
  readonly error?: string;
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
  readonly input: string;
}

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

function open(name: keyof typeof golden) {
  const difference: Difference = golden[name] as unknown as Difference;
  const { model } = prepareModel(bytes(difference.model), {});
  const dims = (declaredTensor(model.graph.model.graph!.input[0]!).dims ?? []).map(Number);
  const x: Tensor = { type: 'float32', dims, data: decodeValues('float32', difference.input) };
  const [output] = model.graph.outputs;

  /** ‖int8 − float‖ / ‖float‖ per output channel (axis 1, or the last of a matrix), the worst; and the kernels that ran. */
  async function compare(int8: Uint8Array): Promise<{ error: number; kernels: readonly string[] }> {
    const float = (await runModel(encodeModel(model.graph.model), { x })).outputs[output!]!;
    const { outputs, kernels } = await runModel(int8, { x }, true);
    return { error: worstChannelError(float, outputs[output!]!), kernels };
  }

  function octet(float: readonly string[] = []): Uint8Array {
    const ranges = Object.entries(difference.ranges).map(([tensor, [min, max]]): [string, ActivationRange] => [
      tensor,
      { min, max },
    ]);
    const ops = modelCapability(model).ops.map((op): [string, OpConfig] => [
      op.name,
      float.includes(op.name) ? 'fp32' : (op.int8[0] ?? 'fp32'),
    ]);
    const config = { ops: Object.fromEntries(ops), weightStorage: 'int8' } as const;
    return concatenate(rewrite(model, config, { minmax: Object.fromEntries(ranges) }, new WeightCache()).parts);
  }

  return {
    error: difference.error,
    theirs: () => compare(bytes(difference.int8!)),
    ours: async (float?: string[]) => compare(octet(float)),
  };
}

function worstChannelError(a: Tensor, b: Tensor): number {
  const count = a.dims[1] as number;
  const stride = a.dims.slice(2).reduce((product, dim) => product * dim, 1);
  const [error, power] = [new Float64Array(count), new Float64Array(count)];
  a.data.forEach((value, i) => {
    const channel = Math.floor(i / stride) % count;
    error[channel]! += (Number(value) - Number(b.data[i])) ** 2;
    power[channel]! += Number(value) ** 2;
  });
  return Math.sqrt(Math.max(...error.map((sum, channel) => sum / power[channel]!)));
}

/** Where Octet writes something else than ONNX Runtime's quantizer: theirs, as it was written, and ours against float. */
describe('on purpose unlike ONNX Runtime', () => {
  it('a beta other than 1 scales the bias of a Gemm: theirs drops it', async () => {
    const { theirs, ours } = open('Gemm whose beta is not 1');
    expect((await theirs()).error).toBeGreaterThan(0.3);
    const { error, kernels } = await ours();
    expect(error).toBeLessThan(0.05);
    expect(kernels).toContain('QGemm');
  });

  it('a Gemm may have a bias of [1, n]: theirs breaks off', async () => {
    const { error, ours } = open('Gemm whose bias has two dims');
    expect(error).toContain('ValueError: The truth value');
    const made = await ours();
    expect(made.error).toBeLessThan(0.05);
    expect(made.kernels).toContain('QGemm');
  });

  it('a grouped ConvTranspose is float with weights in 8 bits: theirs breaks off', async () => {
    const { error, ours } = open('grouped ConvTranspose');
    expect(error).toContain('operands could not be broadcast');
    expect((await ours()).error).toBeLessThan(0.02);
  });

  it('a MatMul by a constant of three dims has one scale: theirs has scales along its rows and does not run', async () => {
    const { theirs, ours } = open('MatMul by a constant of three dims');
    await expect(theirs()).rejects.toThrow();
    const { error, kernels } = await ours();
    expect(error).toBeLessThan(0.1);
    expect(kernels).not.toContain('MatMul');
  });

  it('a dead channel keeps its bias: theirs rounds it away', async () => {
    const { theirs, ours } = open('dead channel');
    expect((await theirs()).error).toBeGreaterThan(0.5);
    expect((await ours()).error).toBeLessThan(0.1);
  });

  it('a nearly dead channel keeps its bias with weights of any type: theirs clips it beside uint8 weights', async () => {
    const { theirs, ours } = open('bias that overflows beside uint8 weights');
    expect((await theirs()).error).toBeGreaterThan(0.5);
    expect((await ours()).error).toBeLessThan(0.05);
  });

  it('a Relu clips whatever its range says: theirs is gone, and negative values pass', async () => {
    const { theirs, ours } = open('Relu behind a range below 0');
    expect((await theirs()).error).toBeGreaterThan(0.3);
    const { error, kernels } = await ours();
    expect(error).toBeLessThan(0.1);
    expect(kernels).not.toContain('Relu');
  });

  it('a Conv that is excluded computes in float: theirs is quantized per tensor by the runtime', async () => {
    const { theirs, ours } = open('excluded Conv');
    const [other, mine] = [await theirs(), await ours(['Conv_1'])];
    expect(other.kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(3);
    expect(mine.kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
    expect(mine.kernels.filter((kernel) => kernel === 'Conv')).toHaveLength(1);
    expect(mine.error).toBeLessThan(other.error);
  });
});
