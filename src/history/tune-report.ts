import type { OpReport } from '../quantize/rewrite/report.ts';
import type { Recipe } from './recipe.ts';
import type { ReplayPlan } from './replay-plan.ts';
import type { SessionRecord } from './session-record.ts';

/** The end of a session, ready to show: no more computing is needed on the page. */
export interface TuneReport {
  readonly record: SessionRecord;
  /** Why it ended and what is offered, in one sentence. */
  readonly explanation: string;
  /** The offered model; null where none could be made. */
  readonly offer: {
    readonly trial: number;
    readonly model: Uint8Array;
    /** What became of each op and why. */
    readonly ops: readonly OpReport[];
    /** [writer, reader] by place in `ops`; reports of early versions have none. */
    readonly edges?: readonly (readonly [number, number])[];
    /**
     * Ops that could compute in int8: with ranges that the session knows, and others, which were never calibrated since they do not pay.
     * Reports of early versions have none.
     */
    readonly choices?: { readonly int8: readonly string[]; readonly unranged: readonly string[] };
    /** The winning config as YAML that Octet reads back. */
    readonly yaml: string;
    readonly recipe: Recipe;
    /** The recipe told op by op, for other quantizers; reports of early versions have none. */
    readonly replay?: ReplayPlan;
  } | null;
}
