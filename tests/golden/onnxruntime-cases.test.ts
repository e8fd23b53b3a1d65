import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareModel } from '../../src/engine/prepare.ts';
import { concatenate } from '../../src/base/bytes.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { CASE_NAMES, caseModelBytes } from '../../src/onnx/testing/cases.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { OpCapability } from '../../src/quantize/capability-types.ts';
import type { ActivationRange, Int8OpConfig, OpConfig } from '../../src/quantize/config.ts';
import type { PreparedModel } from '../../src/quantize/prepared-model.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { rolesOf } from '../../src/quantize/rules/registry.ts';
import { emittedForm, type EmittedConstant } from '../../src/quantize/testing/emitted-form.ts';
import { emissionFaults } from '../../src/quantize/testing/emission-faults.ts';
import golden from './onnxruntime_cases.json';

const LAYERS = new Set(['Conv', 'Gemm', 'MatMul']);
const UNIT = new Set(['Sigmoid', 'HardSigmoid', 'Softmax']);
type Pins = readonly [activation: 'uint8' | 'int8', weight: Partial<Int8OpConfig['weight']>];
const CONFIGS: Readonly<Record<string, Pins>> = {
  u8s8: ['uint8', {}],
  'u8s8 per channel': ['uint8', { granularity: 'per_channel' }],
  u8u8: ['uint8', { dtype: 'uint8', scheme: 'asym' }],
  's8s8 reduced': ['int8', { granularity: 'per_channel', bit: 7 }],
};

/** As made_up_range of onnxruntime_cases.py. */
function madeUpRange(name: string, writer: string): ActivationRange {
  if (UNIT.has(writer)) return { min: 0, max: 1 };
  let state = 2166136261;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 16777619) >>> 0;
  const low = writer === 'Relu' || writer === 'Clip' ? 0 : -((state % 1024) + 1) / 1024;
  return { min: low, max: ((Math.floor(state / 1024) % 1024) + 1) / 1024 };
}

function digests({ graph, infos }: PreparedModel, [dtype, weight]: Pins): string[] {
  const model = { graph, infos };
  const op: Int8OpConfig = {
    mode: 'static',
    weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_tensor', algorithm: 'minmax', ...weight },
    activation: { dtype, scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
  };
  const ops = graph.nodes.map(({ name, opType }): [string, OpConfig] => [name, LAYERS.has(opType) ? op : 'fp32']);
  const names = graph.nodes.flatMap(({ input, output }) => [...input, ...output]).filter(Boolean);
  const range = (name: string) => madeUpRange(name, graph.producer(name)?.opType ?? '');
  const minmax = Object.fromEntries(names.map((name) => [name, range(name)]));
  const config = { ops: Object.fromEntries(ops), weightStorage: 'float32' } as const;
  const form = emittedForm(concatenate(rewrite(model, config, { minmax }, new WeightCache()).parts));
  const layers = graph.nodes.filter(({ opType, input }) => LAYERS.has(opType) && graph.initializer(input[1] ?? ''));
  return layers.map((node) => {
    const { 1: codes, 2: bias } = form.constants[node.name] ?? {};
    const activation = form.activations[node.input[0]!];
    if (typeof rolesOf(node, model) === 'string' || !codes || !activation) return 'float';
    if (bias && hasDeadChannel(codes)) return 'dead';
    const hash = createHash('sha256');
    hash.update(Float32Array.of(activation[0])).update(Int32Array.of(activation[1]));
    hash.update(Float32Array.from(codes.scales)).update(Int32Array.from(codes.zeroPoints));
    hash.update(codes.type === 'int8' ? Int8Array.from(codes.codes) : Uint8Array.from(codes.codes));
    if (bias) hash.update(Int32Array.from(bias.codes));
    return hash.digest('hex').slice(0, 8);
  });
}

/** Channels of zero weights keep their bias, unlike ONNX Runtime's. */
function hasDeadChannel({ axis, scales, codes }: EmittedConstant): boolean {
  const stride = axis === 0 ? codes.length / scales.length : 1;
  return scales.some((_, channel) =>
    codes.every((code, i) => code === 0 || Math.floor(i / stride) % scales.length !== channel),
  );
}

describe.each(CASE_NAMES)('%s', (name) => {
  const { model } = prepareModel(caseModelBytes(name), {});

  it.runIf(process.env['OCTET_CLEANED'])('is written as cleaned', () => {
    const folder = process.env['OCTET_CLEANED']!;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.onnx`), encodeModel(model.graph.model));
  });

  it.each([
    ['all ops', () => true],
    ['the ops that pay', ({ pays }: OpCapability) => pays],
    ['every second op', (_: OpCapability, i: number) => i % 2 === 0],
  ] as const)('emits nothing that stays unfused: %s in int8, weights of the others stored', (_, isInt8) => {
    const ops = modelCapability(model).ops.map((op, i): [string, OpConfig] => [
      op.name,
      (isInt8(op, i) && op.int8[0]) || 'fp32',
    ]);
    const config = { ops: Object.fromEntries(ops), weightStorage: 'auto' } as const;
    const minmax = Object.fromEntries([...model.infos.keys()].map((tensor) => [tensor, { min: -1, max: 1 }]));
    const { parts } = rewrite(model, config, { minmax }, new WeightCache());
    expect(emissionFaults(concatenate(parts))).toEqual([]);
  });

  it.each(Object.entries(CONFIGS))('every layer as quantize_static writes it: %s', (config, pins) => {
    const theirs = (golden as Readonly<Record<string, Readonly<Record<string, string>>>>)[name]![config]!.match(
      /.{8}/g,
    )!;
    const ours = digests(model, pins);
    expect(ours).toEqual(theirs.map((digest, i) => (ours[i] === 'dead' ? 'dead' : digest)));
    const dead = name === 'text-recognition' && pins[1].granularity === 'per_channel' ? 11 : 0;
    expect(ours.filter((digest) => digest === 'dead')).toHaveLength(dead);
  });
});

it.skipIf(CASE_NAMES.length > 0)('needs OCTET_CASES', () => expect(Object.keys(golden).length).toBe(7));
