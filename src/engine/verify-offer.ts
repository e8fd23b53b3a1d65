import type { Json } from '../base/canonical-json.ts';
import type { WasmVerification } from '../history/session-record.ts';
import { decodeModel } from '../onnx/decode.ts';
import { encodeModel } from '../onnx/encode.ts';
import { simulateInt8 } from '../quantize/rewrite/simulate.ts';
import { scoresOf } from '../metrics/composite.ts';
import type { DriveResult } from '../tuning/driver.ts';
import type { Trial } from '../tuning/types.ts';
import { compareProviders } from './compare-providers.ts';
import { ManualControl } from './control.ts';
import { evaluateModel, valuesIn } from './evaluate.ts';
import type { TuneEvent } from './events.ts';
import { Feed } from './feed.ts';
import type { OpenSession } from './open-session.ts';
import { retryDeadWorker } from './retry.ts';
import type { SessionPool } from './session-host-api.ts';
import type { EngineTrialRunner } from './trial-runner.ts';

interface Parts {
  readonly session: OpenSession;
  readonly outcome: DriveResult;
  readonly runner: EngineTrialRunner;
  readonly floatBytes: Uint8Array;
  readonly wasm: SessionPool;
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
  readonly emit: (event: TuneEvent) => void;
}

/** So many samples tell a provider that differs; all of them would take WASM as long as a tuning there. */
const SAMPLES = 256;

/**
 * The offered model on WASM and on the provider of the session, on the same samples; a note of the journal. Null where the
 * trial ran on WASM anyway, where nothing is offered, or where a stopped run would have to wait.
 */
export async function verifyOffer(parts: Parts): Promise<WasmVerification | null> {
  const { session, outcome, recall } = parts;
  const { best, stopReason } = outcome;
  if (best?.status !== 'complete' || stopReason === 'stopped') return null;
  if (session.target.provider === 'wasm' && !best.simulated) return null;
  return recall(`verification ${best.modelSha256 ?? ''}`, async () => {
    return (await measure(parts, best)) as WasmVerification & Json;
  });
}

async function measure({ session, runner, floatBytes, wasm, emit }: Parts, best: Trial): Promise<WasmVerification> {
  const { setup } = session;
  const target = (best.simulated && session.scoring) || session.target;
  const { dataset, plan, order } = setup.feed;
  const { bytes, modelSha256 } = await runner.build(best.config);
  const there = best.simulated ? encodeModel(simulateInt8(decodeModel(bytes))) : bytes;
  const count = Math.min(SAMPLES, setup.feed.count);
  emit({ type: 'stage', stage: 'verification', detail: `Scoring the offered model on WASM, ${count} samples` });
  const feed = new Feed('verification', dataset, plan, count, order.slice(0, count));
  const keepReference = setup.metric.compares(setup.metricOptions) === 'reference';
  const valuesOn = (pool: SessionPool, model: Uint8Array): Promise<ArrayLike<number>> =>
    // The user's stop has ended the search, not this. Both models again where a worker dies: what float gave dies with it.
    retryDeadWorker(async () => {
      const own = { ...setup, pool, feed, control: new ManualControl() };
      if (keepReference) await evaluateModel(own, 'verification float', floatBytes, { keepReference });
      return (await evaluateModel(own, 'verification', model)).values;
    });
  const score = (values: ArrayLike<number>): number =>
    scoresOf(setup.metric, valuesIn(feed, setup.metric, values)).score;
  const verification = {
    provider: target.provider,
    samples: count,
    wasmScore: score(await valuesOn(wasm, bytes)),
    providerScore: score(runner.measured(modelSha256)?.values ?? (await valuesOn(target.pool, there))),
    difference:
      runner.difference(modelSha256) ?? (await compareProviders(target.pool, wasm, feed, there, setup.output)),
  };
  for (const pool of [wasm, target.pool]) await feed.release(pool);
  return verification;
}
