/** One `key: value` line of YAML in block style. */
export interface YamlLine {
  /** Line number, from 0. */
  readonly line: number;
  readonly indent: number;
  readonly key: string;
  /** Offsets in the text of the value, without comment and surrounding space; empty where nothing stands there. */
  readonly valueFrom: number;
  readonly valueTo: number;
  /** Keys from the outermost inwards, this one last. */
  readonly path: readonly string[];
}

const KEY = /^(\s*)(?:- +)?(?:"([^"]*)"|'([^']*)'|([^\s#'"{[&*!|>%@`-][^#]*?))\s*:(?=\s|$)/;

/**
 * The keys of a YAML text in block style, by lines: good enough to complete, explain and edit, whatever the rest of the text is
 * like while it is typed. What stands in braces or block scalars has no lines of its own.
 */
export function yamlLines(text: string): YamlLine[] {
  const found: YamlLine[] = [];
  const open: { readonly indent: number; readonly key: string }[] = [];
  let start = 0;
  for (const [line, content] of text.split('\n').entries()) {
    const match = KEY.exec(content);
    if (match) {
      const [whole, space = '', double, single, plain] = match;
      const indent = space.length;
      const key = double ?? single ?? plain ?? '';
      while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
      open.push({ indent, key });
      const rest = content.slice(whole.length);
      const value = rest.replace(/(^|\s)#.*$/, '').trim();
      const valueFrom = start + whole.length + Math.max(0, value === '' ? 0 : rest.indexOf(value));
      found.push({
        line,
        indent,
        key,
        valueFrom,
        valueTo: valueFrom + value.length,
        path: open.map((each) => each.key),
      });
    }
    start += content.length + 1;
  }
  return found;
}

/** Where a position stands: keys above it, and whether a value is to be written there. */
export interface YamlPlace {
  readonly path: readonly string[];
  readonly isValue: boolean;
}

export function yamlPlace(text: string, offset: number): YamlPlace {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(0, lineStart).split('\n').length - 1;
  const lines = yamlLines(text);
  const own = lines.find((each) => each.line === line);
  if (own && offset >= text.indexOf(':', lineStart) + 1) return { path: own.path, isValue: true };
  const before = text.slice(lineStart, offset);
  const indent = /^\s*/.exec(before)?.[0].length ?? 0;
  const parent = lines.filter((each) => each.line < line && each.indent < indent).at(-1);
  return { path: parent?.path ?? [], isValue: false };
}

/**
 * The text with one value set, everything else as it was, comments included; null where the place is written in braces or
 * otherwise not in block style.
 */
export function withYamlValue(text: string, path: readonly string[], value: string): string | null {
  const lines = yamlLines(text);
  const at = (wanted: readonly string[]): YamlLine | undefined =>
    lines.find((line) => line.path.join('\0') === wanted.join('\0'));
  const own = at(path);
  if (own) {
    const isBlock = lines.some((line) => line.path.length > path.length && own.key === line.path[path.length - 1]);
    if (isBlock || /^[{[&*|>]/.test(text.slice(own.valueFrom, own.valueTo))) return null;
    const space = text[own.valueFrom - 1] === ':' ? ' ' : '';
    return text.slice(0, own.valueFrom) + space + value + text.slice(own.valueTo);
  }
  let depth = path.length - 1;
  while (depth > 0 && !at(path.slice(0, depth))) depth--;
  const parent = at(path.slice(0, depth));
  if (parent && parent.valueFrom !== parent.valueTo) return null;
  const children = parent ? lines.filter((line) => line.path.length === depth + 1 && isBelow(line, parent)) : [];
  const indent = parent ? (children[0]?.indent ?? parent.indent + 2) : 0;
  const added = path
    .slice(depth)
    .map((key, i, all) => `${' '.repeat(indent + 2 * i)}${key}:${i === all.length - 1 ? ` ${value}` : ''}`);
  const rows = text.split('\n');
  if (parent) rows.splice(parent.line + 1, 0, ...added);
  else rows.splice(text.endsWith('\n') ? rows.length - 1 : rows.length, 0, ...added);
  return rows.join('\n').replace(/^\n/, '');
}

/**
 * The text without one value, and without the keys above it that held nothing else; as it was where the value is not there. Null where
 * it may stand in braces, or otherwise not on a line of its own.
 */
export function withoutYamlValue(text: string, path: readonly string[]): string | null {
  const lines = yamlLines(text);
  const at = (wanted: readonly string[]): YamlLine | undefined =>
    lines.find((line) => line.path.join('\0') === wanted.join('\0'));
  const own = at(path);
  if (!own) {
    const [holder] = path.flatMap((_, i) => at(path.slice(0, path.length - i)) ?? []);
    return holder && holder.valueFrom !== holder.valueTo ? null : text;
  }
  const value = text.slice(own.valueFrom, own.valueTo);
  const isWhole = value === '' ? !holdsMore(text, own) : /^[^[{&*|>]|^\[.*\]$|^\{.*\}$/.test(value);
  if (!isWhole) return null;
  const rest = text.split('\n').toSpliced(own.line, 1).join('\n');
  const above = path.slice(0, -1);
  const holder = yamlLines(rest).find((line) => line.path.join('\0') === above.join('\0'));
  const isEmpty = holder !== undefined && holder.valueFrom === holder.valueTo && !holdsMore(rest, holder);
  return isEmpty ? withoutYamlValue(rest, above) : rest;
}

/** Whether anything but comments stands below a key. */
function holdsMore(text: string, { line, indent }: YamlLine): boolean {
  const next = text
    .split('\n')
    .slice(line + 1)
    .find((row) => /^\s*[^\s#]/.test(row));
  const own = next?.search(/\S/) ?? -1;
  return own > indent || (own === indent && next?.trimStart().startsWith('-') === true);
}

function isBelow(line: YamlLine, parent: YamlLine): boolean {
  return line.line > parent.line && parent.path.every((key, i) => line.path[i] === key);
}
