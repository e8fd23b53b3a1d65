import { fromBase64, toBase64 } from '../base/base64.ts';
import { Fault } from '../base/fault.ts';
import type { Recipe } from './recipe.ts';
import { checkSharedResult, sharedResult, type SharedResult } from './shared-result.ts';
import type { TuneReport } from './tune-report.ts';

const PREFIX = '#share=';
/** Links beyond this many characters are cut by chat programs and some browsers. */
const MAX_LINK_CHARACTERS = 32_000;
/** Trials that stay, beside the offered one, where there is no room for all. */
const FEW_TRIALS = 20;

/** Something that a link can do without. */
interface Part {
  /** In words, as in “left out: …”. */
  readonly name: string;
  readonly without: (shared: SharedResult) => SharedResult;
}

/** The first one is left out first. */
const PARTS: readonly Part[] = [
  { name: 'the graph', without: ({ graph: _, ...shared }) => shared },
  { name: 'the configs of trials that are not offered', without: withoutConfigs },
  { name: 'the times of single ops', without: withoutCosts },
  { name: 'the change by class', without: withoutClasses },
  { name: 'the recipe', without: (shared) => ({ ...shared, recipe: null }) },
  { name: 'most trials', without: withoutTrials },
  { name: 'the configuration', without: (shared) => ({ ...shared, yaml: null }) },
];

export interface ShareLink {
  /** Null: nothing of this length can be sent as a link. */
  readonly hash: string | null;
  /** What was too long, in words. */
  readonly leftOut: readonly string[];
  readonly carriesRecipe: boolean;
}

/** The hash of a share link, with all that fits: where not everything does, each part in turn, the weightiest first. */
export async function shareLink(report: TuneReport): Promise<ShareLink> {
  const whole = sharedResult(report);
  const hashOf = async (absent: readonly Part[]): Promise<string | null> => {
    const hash = PREFIX + (await pack(absent.reduce((shared, { without }) => without(shared), whole)));
    return hash.length <= MAX_LINK_CHARACTERS ? hash : null;
  };
  let absent: readonly Part[] = [];
  let hash = await hashOf(absent);
  if (hash === null) {
    absent = PARTS;
    hash = await hashOf(absent);
    for (const part of hash === null ? [] : PARTS.toReversed()) {
      const fewer = absent.filter((other) => other !== part);
      const longer = await hashOf(fewer);
      if (longer !== null) [absent, hash] = [fewer, longer];
    }
  }
  const left = absent.reduce((shared, { without }) => without(shared), whole);
  // What goes with a part that is left out itself needs no words.
  const isLoss = ({ without }: Part, others: readonly Part[]): boolean => {
    const rest = others.reduce((shared, other) => other.without(shared), whole);
    return JSON.stringify(without(rest)) !== JSON.stringify(rest);
  };
  const leftOut = absent.filter((part) =>
    isLoss(
      part,
      absent.filter((other) => other !== part),
    ),
  );
  return { hash, leftOut: leftOut.map(({ name }) => name), carriesRecipe: left.recipe !== null };
}

/** The model can be rebuilt without them. */
function withoutCosts(shared: SharedResult): SharedResult {
  if (!shared.recipe) return shared;
  const recipe = Object.fromEntries(Object.entries(shared.recipe).filter(([part]) => part !== 'costs'));
  return { ...shared, recipe: recipe as unknown as Recipe };
}

/** The offered config is in the recipe and the YAML. */
function withoutConfigs(shared: SharedResult): SharedResult {
  const trials = shared.record.trials.map((trial) => ({ ...trial, config: { ...trial.config, ops: {} } }));
  return { ...shared, record: { ...shared.record, trials } };
}

function withoutClasses({ evidence, ...shared }: SharedResult): SharedResult {
  if (!evidence) return shared;
  return { ...shared, evidence: { ...evidence, classes: [], classNames: {} } };
}

function withoutTrials(shared: SharedResult): SharedResult {
  const { trials, outcome } = shared.record;
  const kept = trials.filter(({ number }, i) => number === outcome?.best || i < FEW_TRIALS);
  return { ...shared, record: { ...shared.record, trials: kept } };
}

export function isShareHash(hash: string): boolean {
  return hash.startsWith(PREFIX);
}

/** Throws `link-unreadable`. A link is data: nothing in it is run. */
export async function readShareHash(hash: string): Promise<SharedResult> {
  return readShared(
    () => unpack(hash.slice(PREFIX.length)),
    'The share link cannot be read',
    'Copy the whole link again; chat programs sometimes cut long links.',
  );
}

/** A result that was shared as a file; null for what is another kind of file. Throws `link-unreadable` for one that is broken. */
export async function readSharedFile(value: unknown, file: string): Promise<SharedResult | null> {
  if ((value as Partial<SharedResult> | null)?.format !== 'octet-share/1') return null;
  return readShared(async () => value, `The shared result ${file} cannot be read`, 'Ask for the file again.');
}

async function readShared(load: () => Promise<unknown>, message: string, next: string): Promise<SharedResult> {
  try {
    const shared = checkSharedResult(await load());
    if (!shared) throw new Error('data of another form');
    return shared;
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('link-unreadable', { message, found, next }, { cause });
  }
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
