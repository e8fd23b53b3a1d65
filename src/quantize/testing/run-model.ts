import type { Tensor } from '../../base/tensor.ts';
import { ort } from '../../runtime/ort-node.ts';
import { createSession } from '../../runtime/session.ts';

/** Runs a model on WASM; `profile` adds the types of the kernels that ran, after fusion. */
export async function runModel(
  bytes: Uint8Array,
  feeds: Record<string, Tensor>,
  profile = false,
  optimization: 'all' | 'disabled' = 'all',
): Promise<{ outputs: Record<string, Tensor>; kernels: string[] }> {
  const session = await createSession(ort, bytes, { optimization, profile });
  const outputs = await session.run(feeds);
  const kernels = session.endProfile(0).map(({ opType }) => opType);
  await session.release();
  return { outputs, kernels };
}
