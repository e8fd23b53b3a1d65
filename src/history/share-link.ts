import { fromBase64, toBase64 } from '../base/base64.ts';
import { Fault } from '../base/fault.ts';
import { groupOps, type OpGroup } from './op-groups.ts';
import type { Recipe } from './recipe.ts';
import type { SessionHeader, SessionRecord } from './session-record.ts';
import type { Trial } from '../tuning/types.ts';
import type { TuneReport } from './tune-report.ts';

/** What a link carries: a session's story without data or model, and the recipe if it fits. */
export interface SharedResult {
  readonly format: 'octet-share/1';
  /** Baseline values per sample and ranges stay behind. */
  readonly record: SessionRecord;
  readonly explanation: string;
  /** The winning config; null where nothing was offered. */
  readonly yaml: string | null;
  readonly ops: readonly OpGroup[];
  /** Null: nothing was offered, or it is too large for a link and travels as a file. */
  readonly recipe: Recipe | null;
}

const PREFIX = '#share=';
/** Links beyond this many characters are cut by chat programs and some browsers. */
const MAX_LINK_CHARACTERS = 32_000;

/**
 * The hash of a share link. What is too long for one is left out: first the configs of trials that were not offered, then the
 * costs, then the recipe (`carriesRecipe` false).
 */
export async function shareHash(report: TuneReport): Promise<{ hash: string; carriesRecipe: boolean }> {
  const whole = sharedResult(report);
  const brief = {
    ...whole,
    record: { ...whole.record, trials: whole.record.trials.map((trial) => brieflyTold(trial)) },
  };
  let hash = '';
  for (const shared of [whole, brief, withoutCosts(brief), { ...brief, recipe: null }]) {
    hash = PREFIX + (await pack(shared));
    if (hash.length <= MAX_LINK_CHARACTERS) return { hash, carriesRecipe: shared.recipe !== null };
  }
  return { hash, carriesRecipe: false };
}

/** The model can be rebuilt without them. */
function withoutCosts(shared: SharedResult): SharedResult {
  if (!shared.recipe) return shared;
  const recipe = Object.fromEntries(Object.entries(shared.recipe).filter(([part]) => part !== 'costs'));
  return { ...shared, recipe: recipe as unknown as Recipe };
}

function sharedResult({ record, explanation, offer }: TuneReport): SharedResult {
  return {
    format: 'octet-share/1',
    record: {
      ...record,
      header: withoutRunnersUp(record.header),
      baseline: record.baseline && { ...record.baseline, values: [] },
      ranges: {},
      probes: {},
      notes: {},
    },
    explanation,
    yaml: offer?.yaml ?? null,
    ops: groupOps(offer?.ops ?? []),
    recipe: offer?.recipe ?? null,
  };
}

/** What else was tried on the samples is nothing without the data. */
function withoutRunnersUp({ preprocessing, ...header }: SessionHeader): SessionHeader {
  return { ...header, ...(preprocessing && { preprocessing: { ...preprocessing, runnersUp: [] } }) };
}

/** The offered config is in the recipe and the YAML. */
function brieflyTold(trial: Trial): Trial {
  return { ...trial, config: { ...trial.config, ops: {} } };
}

export function isShareHash(hash: string): boolean {
  return hash.startsWith(PREFIX);
}

/** Throws `link-unreadable`. A link is data: nothing in it is run. */
export async function readShareHash(hash: string): Promise<SharedResult> {
  try {
    const shared: unknown = await unpack(hash.slice(PREFIX.length));
    if (!isSharedResult(shared)) throw new Error('data of another form');
    return shared;
  } catch (cause) {
    throw new Fault(
      'link-unreadable',
      {
        message: 'The share link cannot be read',
        found: cause instanceof Error ? cause.message : String(cause),
        next: 'Copy the whole link again; chat programs sometimes cut long links.',
      },
      { cause },
    );
  }
}

/** Looks at what a page reads without asking; anyone can write a link. */
function isSharedResult(value: unknown): value is SharedResult {
  const { format, record, explanation, ops, yaml } = value as Partial<SharedResult>;
  return (
    format === 'octet-share/1' &&
    typeof explanation === 'string' &&
    (yaml === null || typeof yaml === 'string') &&
    Array.isArray(ops) &&
    typeof record?.header.model.name === 'string' &&
    typeof record.header.goal.target === 'number' &&
    Array.isArray(record.trials)
  );
}

async function pack(value: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function unpack(text: string): Promise<unknown> {
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text());
}
