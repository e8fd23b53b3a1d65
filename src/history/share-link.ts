import { Fault } from '../base/fault.ts';
import type { Recipe } from './recipe.ts';
import type { SessionRecord } from './session-record.ts';

/** What a link carries: a session's story without data or model, and the recipe if it fits. */
export interface SharedResult {
  readonly format: 'octet-share/1';
  /** Baseline values per sample and ranges stay behind. */
  readonly record: SessionRecord;
  readonly explanation: string;
  /** Null: too large for a link; it travels as a file. */
  readonly recipe: Recipe | null;
}

const PREFIX = '#share=';
/** Links beyond this many characters are cut by chat programs and some browsers. */
const MAX_LINK_CHARACTERS = 32_000;

/** The hash of a share link. Where the recipe does not fit, the link comes without it (`carriesRecipe` false). */
export async function shareHash(
  record: SessionRecord,
  explanation: string,
  recipe: Recipe | null,
): Promise<{ hash: string; carriesRecipe: boolean }> {
  const slim = { ...record, baseline: record.baseline && { ...record.baseline, values: [] }, ranges: {}, probes: {} };
  const whole: SharedResult = { format: 'octet-share/1', record: slim, explanation, recipe };
  const hash = PREFIX + (await pack(whole));
  if (hash.length <= MAX_LINK_CHARACTERS || !recipe) return { hash, carriesRecipe: recipe !== null };
  return { hash: PREFIX + (await pack({ ...whole, recipe: null })), carriesRecipe: false };
}

export function isShareHash(hash: string): boolean {
  return hash.startsWith(PREFIX);
}

/** Throws `link-unreadable`. A link is data: nothing in it is run. */
export async function readShareHash(hash: string): Promise<SharedResult> {
  try {
    const shared = (await unpack(hash.slice(PREFIX.length))) as Partial<SharedResult>;
    if (shared.format !== 'octet-share/1' || !shared.record) throw new Error(`format ${String(shared.format)}`);
    return shared as SharedResult;
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

async function pack(value: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function unpack(text: string): Promise<unknown> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text());
}
