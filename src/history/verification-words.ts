import type { ProviderDifference, WasmVerification } from './session-record.ts';

/** How the offered model fares on WASM, in one sentence. */
export function verificationWords({ samples, wasmScore, providerScore, difference }: WasmVerification): string {
  const { decidedOtherwise } = difference;
  const decided =
    decidedOtherwise === null
      ? ''
      : decidedOtherwise === 0
        ? ', and no sample is decided otherwise'
        : `, and ${decidedOtherwise} of ${difference.samples} samples are decided otherwise`;
  return `Checked on WASM: there it scores ${wasmScore.toFixed(4)} on ${samples} samples, on WebGPU ${providerScore.toFixed(4)}; outputs differ by ${errorText(difference)}${decided}.`;
}

/** Smaller differences are the order of sums. */
const WORTH_TELLING = 1e-4;

export function errorText({ maxError }: ProviderDifference): string {
  if (maxError < WORTH_TELLING) return 'less than 0.01 % of their range';
  return `at most ${(100 * maxError).toPrecision(2)} % of their range`;
}
