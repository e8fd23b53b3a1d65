import type { Loudest } from '../history/session-record.ts';
import { encodeModel } from '../onnx/encode.ts';
import { exposeTensors } from '../onnx/expose.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { smoothQuant, smoothableTensors } from '../quantize/recipes/smooth-quant.ts';
import type { RunControl } from './control.ts';
import { closeEverywhere, openEverywhere } from './evaluate.ts';
import type { Feed } from './feed.ts';
import type { SessionPool } from './session-host-api.ts';

const SESSION = 'loudest';

/** Largest magnitude of every channel of the tensors that SmoothQuant can work on, over all samples. */
export async function measureLoudest(
  pool: SessionPool,
  model: PreparedModel,
  feed: Feed,
  control: RunControl,
): Promise<Loudest> {
  const tensors = smoothableTensors(model).map(({ tensor }) => tensor);
  await openEverywhere(pool, SESSION, encodeModel(exposeTensors(model.graph, tensors)));
  try {
    const batches = await feed.each(pool, control, ({ api }, batch) => api.observeLoudest(SESSION, batch, tensors));
    const entries = tensors.map((tensor, at): [string, number[]] => [
      tensor,
      loudestOf(batches.map((batch) => batch[at])),
    ]);
    return Object.fromEntries(entries);
  } finally {
    await closeEverywhere(pool, SESSION);
  }
}

/** The model with SmoothQuant applied, equal in float but for rounding. */
export function smoothModel(model: PreparedModel, loudest: Loudest, alpha: number): PreparedModel {
  const magnitudes = Object.entries(loudest).map(([tensor, values]) => [tensor, Float32Array.from(values)] as const);
  return smoothQuant(model, new Map(magnitudes), alpha);
}

function loudestOf(batches: readonly (Float32Array | undefined)[]): number[] {
  const channels = batches[0]?.length ?? 0;
  return Array.from({ length: channels }, (_, j) => Math.max(...batches.map((batch) => batch?.[j] ?? 0)));
}
