import type { Int8OpConfig, OpConfig, RangeMethod } from '../quantize/config.ts';
import type { TuneConfig } from './types.ts';

/** One step that a user takes from a config after the search. */
export type Move =
  | { readonly kind: 'keep-float'; readonly ops: readonly string[] }
  /** Ops that are to be float, and float ops that are to compute in int8: one of the lists may be empty. */
  | { readonly kind: 'precisions'; readonly float: readonly string[]; readonly int8: readonly string[] }
  | { readonly kind: 'smooth-quant'; readonly alpha: number }
  | { readonly kind: 'equalization' }
  | { readonly kind: 'outlier-channels' }
  | { readonly kind: 'range-method'; readonly method: RangeMethod; readonly ops: readonly string[] };

/** `int8Of`: the form in which an op would compute in int8; asked for float ops that are to do so. */
export function moved(config: TuneConfig, move: Move, int8Of: (op: string) => Int8OpConfig): TuneConfig {
  switch (move.kind) {
    case 'keep-float':
      return withOps(config, move.ops, () => 'fp32');
    case 'precisions': {
      const { ops } = withOps(config, move.float, () => 'fp32');
      return { ...config, ops: { ...ops, ...Object.fromEntries(move.int8.map((op) => [op, int8Of(op)])) } };
    }
    case 'smooth-quant':
      return { ...config, smoothQuant: move.alpha };
    case 'equalization':
      return { ...config, equalization: true };
    case 'outlier-channels':
      return { ...config, outlierChannels: true };
    case 'range-method':
      return withOps(config, move.ops, (op) =>
        op === 'fp32' ? op : { ...op, activation: { ...op.activation, algorithm: move.method } },
      );
  }
}

/** Step of the trial that a move makes. */
export function moveStage(move: Move): string {
  switch (move.kind) {
    case 'keep-float':
      return `kept float by you: ${move.ops.join(', ')}`;
    case 'precisions':
      return [
        ...(move.float.length > 0 ? [`kept float by you: ${move.float.join(', ')}`] : []),
        ...(move.int8.length > 0 ? [`in int8 by you: ${move.int8.join(', ')}`] : []),
      ].join('; ');
    case 'smooth-quant':
      return `SmoothQuant ${move.alpha} by you`;
    case 'equalization':
      return 'equalization by you';
    case 'outlier-channels':
      return 'outlier channels split off by you';
    case 'range-method':
      return `range method ${move.method} by you: ${move.ops.join(', ')}`;
  }
}

function withOps(config: TuneConfig, names: readonly string[], change: (op: OpConfig) => OpConfig): TuneConfig {
  const changed = names.map((name): [string, OpConfig] => [name, change(config.ops[name] ?? 'fp32')]);
  return { ...config, ops: { ...config.ops, ...Object.fromEntries(changed) } };
}
