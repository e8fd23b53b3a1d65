import type { OpConfig } from '../quantize/config.ts';
import type { SpaceOp } from './types.ts';

/** A choice for every op that has one. */
export type Placement = Readonly<Record<string, OpConfig>>;

/** Changes that save less than this share of the float latency are noise. */
const LEAST_SAVING = 1e-4;
const MAX_SWEEPS = 8;

/**
 * The choices of the lowest latency that a cost model foretells, accuracy left aside: by toggling one op after another, from all
 * ops in int8 and from all in float, until nothing helps. Islands are priced by the model: an op whose neighbours compute
 * in float pays for its Q and DQ. Each op's int8 choices are its first option of every mode. Glue ops follow by themselves.
 */
export function fastestPlacement(
  ops: readonly SpaceOp[],
  ratio: (placement: Placement) => number,
): { readonly placement: Placement; readonly ratio: number } {
  const glue = ops.flatMap(({ name, glue: isGlue, int8 }) => (isGlue && int8[0] ? [[name, int8[0]] as const] : []));
  const choosable = ops.filter(({ glue: isGlue, int8 }) => !isGlue && int8.length > 0);
  const starts = [
    choosable.map((op) => modesOf(op)[0] as OpConfig),
    choosable.map((op) => (op.float ? 'fp32' : (modesOf(op)[0] as OpConfig))),
  ];
  const placed = (choices: readonly OpConfig[]): Placement =>
    Object.fromEntries([...glue, ...choosable.map(({ name }, i) => [name, choices[i] as OpConfig] as const)]);
  const ends = starts.map((start) => descend(choosable, start, (choices) => ratio(placed(choices))));
  const best = ends.reduce((a, b) => (b.ratio < a.ratio - LEAST_SAVING ? b : a));
  return { placement: placed(best.choices), ratio: best.ratio };
}

interface Placed {
  readonly choices: readonly OpConfig[];
  readonly ratio: number;
}

function descend(
  ops: readonly SpaceOp[],
  start: readonly OpConfig[],
  ratio: (choices: readonly OpConfig[]) => number,
): Placed {
  let at: Placed = { choices: start, ratio: ratio(start) };
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const before = at.ratio;
    for (const [i, op] of ops.entries()) {
      for (const choice of [...modesOf(op), ...(op.float ? (['fp32'] as const) : [])]) {
        if (choice === at.choices[i]) continue;
        const choices = at.choices.with(i, choice);
        const changed = ratio(choices);
        if (changed < at.ratio - LEAST_SAVING) at = { choices, ratio: changed };
      }
    }
    if (before - at.ratio < LEAST_SAVING) break;
  }
  return at;
}

/** The first option of each mode. */
function modesOf({ int8 }: SpaceOp): readonly OpConfig[] {
  const modes = [...new Set(int8.map(({ mode }) => mode))];
  return modes.flatMap((mode) => int8.find((option) => option.mode === mode) ?? []);
}
