import { Fault } from '../../base/fault.ts';
import { ConfigSource } from './source.ts';
import { parseYaml, type YamlNode } from './yaml-tree.ts';

/** The key whose value is never kept: not in settings, journals, exports, links or logs. */
export const TOKEN_KEY = 'sigopt_api_token';

/** Key and value on one line, in block or flow style; the value bare or quoted. Comments count: an old token is still one. */
const WRITTEN = new RegExp(`(${TOKEN_KEY}["']?[ \\t]*:)[ \\t]*("(?:[^"\\\\]|\\\\.)*"|'(?:[^']|'')*'|[^\\s,}#]+)`, 'g');

/** Text this long is a token wherever it stands; shorter text may be a word of the configuration. */
const TELLING = 8;

/**
 * A configuration without the SigOpt token, and the token; null where there is none. The rest of the text stays as it is, so
 * that faults name the right line. A text that is no YAML is only rid of what looks like a token.
 */
export function withoutToken(text: string): { readonly text: string; readonly token: string | null } {
  if (!text.includes(TOKEN_KEY)) return { text, token: null };
  const token = tokenIn(text);
  const stripped = text.replace(WRITTEN, '$1');
  // An alias, text over several lines, or a note of it: the value stands elsewhere, too.
  const isElsewhere = token !== null && (tokenIn(stripped) !== null || token.length >= TELLING);
  return { text: isElsewhere ? stripped.replaceAll(token, '') : stripped, token };
}

function tokenIn(text: string): string | null {
  try {
    const root = parseYaml(new ConfigSource(text));
    const token = valueAt(valueAt(valueAt(root, 'tuning'), 'strategy'), TOKEN_KEY);
    return token?.kind === 'scalar' && token.value !== null ? token.text.trim() || null : null;
  } catch (thrown) {
    // Whoever parses the settings tells what is wrong.
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
}

function valueAt(node: YamlNode | null, key: string): YamlNode | null {
  return node?.kind === 'map' ? (node.entries.find((entry) => entry.key === key)?.value ?? null) : null;
}
