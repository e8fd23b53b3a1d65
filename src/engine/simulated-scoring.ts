import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import { decodeModel } from '../onnx/decode.ts';
import { encodeModel } from '../onnx/encode.ts';
import { simulateInt8 } from '../quantize/rewrite/simulate.ts';
import { ENDS_RUN } from '../tuning/run-trial.ts';
import type { Evaluation } from '../tuning/trial-runner.ts';
import type { TuneConfig } from '../tuning/types.ts';
import { checkProvider } from './compare-providers.ts';
import { evaluateModel, type EvaluationSetup } from './evaluate.ts';
import { retryDeadWorker } from './retry.ts';
import type { SessionPool } from './session-host-api.ts';
import type { Target } from './target.ts';

interface Parts {
  readonly target: Target;
  readonly wasm: SessionPool;
  /** As of the trials on WASM. */
  readonly setup: EvaluationSetup;
  readonly floatBytes: Uint8Array;
  readonly meets: (evaluation: Evaluation) => boolean;
  readonly onWarning: (warning: Warning) => void;
}

/**
 * Scores int8 models as float arithmetic on another provider (`simulateInt8`), to find those that miss the criterion: what meets
 * it is left to WASM, whose integer kernels may differ by a code. Compared with WASM on the first model; a provider that fails,
 * or computes wrongly, is not asked again, and the run goes on without it.
 */
export class SimulatedScoring {
  readonly #parts: Parts;
  #isChecked = false;
  #isRefused = false;
  /** Of the worker that holds what the float model gave, where the metric compares with that. */
  #referenceOf: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Null where the model meets the criterion, or where there is nothing to simulate. */
  async miss(
    bytes: Uint8Array,
    config: TuneConfig,
    score: (setup: EvaluationSetup, bytes: Uint8Array) => Promise<Evaluation>,
  ): Promise<Evaluation | null> {
    if (this.#isRefused || !isStatic(config)) return null;
    try {
      const simulated = encodeModel(simulateInt8(decodeModel(bytes)));
      const evaluation = await retryDeadWorker(async () => {
        await this.#prepare(simulated);
        return score({ ...this.#parts.setup, pool: this.#parts.target.pool }, simulated);
      });
      return this.#parts.meets(evaluation) ? null : { ...evaluation, simulated: true };
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (ENDS_RUN.includes(fault.code) && fault.code !== 'worker-start-failed') throw fault;
      this.#isRefused = true;
      const message = `${fault.message}. Trials are scored on WASM from here on.`;
      this.#parts.onWarning({ code: 'simulation-refused', message, place: 'evaluation.accuracy.device' });
      return null;
    }
  }

  async #prepare(simulated: Uint8Array): Promise<void> {
    const { target, wasm, setup, floatBytes } = this.#parts;
    if (!this.#isChecked) await checkProvider(target, wasm, setup.feed, simulated, setup.output, 'int8');
    this.#isChecked = true;
    const { generation = 0 } = target.pool.workers[0] ?? {};
    if (setup.metric.compares(setup.metricOptions) !== 'reference' || this.#referenceOf === generation) return;
    await evaluateModel({ ...setup, pool: target.pool }, 'simulation float', floatBytes, { keepReference: true });
    this.#referenceOf = generation;
  }
}

/** Some ops compute in int8 with ranges from calibration, none with ranges that are measured at run time. */
function isStatic({ ops }: TuneConfig): boolean {
  const modes = Object.values(ops).map((op) => (op === 'fp32' ? op : op.mode));
  return modes.includes('static') && !modes.includes('dynamic');
}
