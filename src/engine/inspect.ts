import type { Warning } from '../base/fault-codes.ts';
import type { SourceFile } from '../data/dataset.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { OpCapability } from '../quantize/capability-types.ts';
import { openModel } from './open-inputs.ts';
import { prepareModel } from './prepare.ts';
import type { SessionInfo, SessionPool } from './session-host-api.ts';

export interface ModelInspection {
  readonly model: { readonly name: string; readonly sha256: string; readonly sizeBytes: number };
  readonly inputs: SessionInfo['inputs'];
  readonly outputs: readonly string[];
  /** Every op with what it can be in int8 on WASM, and why not. */
  readonly ops: readonly Omit<OpCapability, 'pinnable'>[];
  readonly warnings: readonly Warning[];
}

/** What a model is made of and what could be quantized; unknown dims count as 1. */
export async function inspectModel(files: readonly SourceFile[], pool: SessionPool): Promise<ModelInspection> {
  const { loaded, info } = await openModel(files, pool);
  const dims = Object.fromEntries(
    info.inputs.filter(({ dims }) => !dims.includes(null)).map(({ name, dims }) => [name, dims as number[]]),
  );
  const prepared = prepareModel(loaded.bytes, dims);
  return {
    model: { name: loaded.path, sha256: loaded.sha256, sizeBytes: loaded.bytes.length },
    inputs: info.inputs,
    outputs: info.outputs,
    ops: modelCapability(prepared.model).ops.map(({ pinnable: _, ...op }) => op),
    warnings: [...loaded.warnings, ...prepared.warnings],
  };
}
