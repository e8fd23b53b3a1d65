/** How `op_wise` names ops: an exact name, a glob (`*`, `?`), or a regular expression between slashes; always the full name. */
export interface OpPattern {
  readonly kind: 'name' | 'glob' | 'regex';
  matches(name: string): boolean;
}

/** An exact name wins, whatever it looks like (`/a/b/` may be a name). Throws SyntaxError for a broken expression. */
export function opPattern(text: string, opNames: ReadonlySet<string>): OpPattern {
  if (!opNames.has(text)) {
    const expression = /^\/(.+)\/$/s.exec(text)?.[1];
    if (expression !== undefined) return byRegex('regex', expression);
    if (/[*?]/.test(text)) return byRegex('glob', globExpression(text));
  }
  return { kind: 'name', matches: (name) => name === text };
}

function byRegex(kind: 'glob' | 'regex', expression: string): OpPattern {
  const regex = new RegExp(`^(?:${expression})$`, 's');
  return { kind, matches: (name) => regex.test(name) };
}

function globExpression(glob: string): string {
  return glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
}
