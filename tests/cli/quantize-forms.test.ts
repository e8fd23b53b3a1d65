import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emittedForm, type EmittedConstant } from '../../src/quantize/testing/emitted-form.ts';
import { file, octet, scratch } from './octet.ts';
import { smallConfig, smallData, smallModel } from './small-model.ts';

/** `octet quantize` under a configuration that pins the form of all ops. */
async function quantized(weight: string, activation: string) {
  const output = join(scratch(), 'int8.onnx');
  const config = smallConfig(`quantization: {model_wise: {weight: {${weight}}, activation: {${activation}}}}\n`);
  const model = file('model.onnx', smallModel());
  const { code, stderr } = await octet(
    ...['quantize', model, '--calibration', await smallData({ labels: null }), '--config', config, '--output', output],
  );
  expect(stderr).not.toContain('config-left-float');
  expect(code).toBe(0);
  return emittedForm(Uint8Array.from(readFileSync(output)));
}

const zeroPoints = (form: Awaited<ReturnType<typeof quantized>>): number[] =>
  Object.values(form.activations).map(([, zeroPoint]) => zeroPoint);
const weight = (form: Awaited<ReturnType<typeof quantized>>): EmittedConstant => form.constants['conv']!['1']!;

it.each([
  ['u8s8', 'int8', 'sym', 'per_channel', 'uint8', 'asym'],
  ['u8u8', 'uint8', 'asym', 'per_tensor', 'uint8', 'asym'],
  ['s8s8 symmetric', 'int8', 'sym', 'per_tensor', 'int8', 'sym'],
  ['u8s8 with symmetric activations', 'int8', 'sym', 'per_channel', 'uint8', 'sym'],
] as const)('gives %s as pinned', async (_, weightType, weightScheme, granularity, activationType, scheme) => {
  const form = await quantized(
    `dtype: ${weightType}, scheme: ${weightScheme}, granularity: ${granularity}, algorithm: minmax`,
    `dtype: ${activationType}, scheme: ${scheme}, granularity: per_tensor, algorithm: percentile`,
  );
  const { type, axis, zeroPoints: zeros } = weight(form);
  expect([type, axis]).toEqual([weightType, granularity === 'per_channel' ? 0 : null]);
  expect(zeros.every((zero) => zero === 0)).toBe(weightScheme === 'sym');
  expect(zeroPoints(form).length).toBeGreaterThan(1);
  const middle = activationType === 'uint8' ? 128 : 0;
  expect(zeroPoints(form).every((zero) => zero === middle)).toBe(scheme === 'sym');
});

it('gives weights of 7 bits where they are pinned', async () => {
  const { codes } = weight(await quantized('dtype: int8, bit: 7', 'dtype: uint8'));
  expect(Math.max(...codes.map(Math.abs))).toBe(64);
});
