import {
  autocompletion,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter, lintKeymap, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, lineNumbers, type Tooltip } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { OutlineKey } from '../../tuning/config/outline.ts';
import { helpText, offersAt, outlineKey } from './outline-at.ts';
import { yamlLines, yamlPlace } from './yaml-lines.ts';

/** Something to say about a line of the text, counted from 1. */
export interface Remark {
  readonly line: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

interface EditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  readonly outline: readonly OutlineKey[];
  /** Asked after every pause in typing. */
  readonly remarks: (text: string) => Promise<readonly Remark[]>;
  readonly onChange: (text: string) => void;
}

export interface YamlEditor {
  /** Replaces the text, unless it is the same. */
  setText(text: string): void;
  destroy(): void;
}

const LINT_DELAY_MS = 300;

/** A YAML editor that knows the keys of a configuration: completion, help on hovering, errors at their line. Tab indents; Escape, Tab leaves. */
export function createYamlEditor({ parent, text, outline, remarks, onChange }: EditorOptions): YamlEditor {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        yaml(),
        syntaxHighlighting(COLOURS),
        THEME,
        EditorView.contentAttributes.of({ 'aria-label': 'Configuration as YAML' }),
        EditorView.lineWrapping,
        autocompletion({ override: [(context) => complete(context, outline)] }),
        hoverTooltip((editor, position) => explain(editor, position, outline)),
        linter(async (editor) => diagnostics(editor, await remarks(editor.state.doc.toString())), {
          delay: LINT_DELAY_MS,
        }),
        keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(next) {
      const now = view.state.doc.toString();
      if (next !== now) view.dispatch({ changes: { from: 0, to: now.length, insert: next } });
    },
    destroy: () => view.destroy(),
  };
}

function complete(context: CompletionContext, outline: readonly OutlineKey[]): CompletionResult | null {
  const word = context.matchBefore(/[\w./-]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const offers = offersAt(outline, yamlPlace(context.state.doc.toString(), word.from));
  const options = offers.map(({ label, insert, detail, help }) => ({ label, apply: insert, detail, info: help }));
  return options.length === 0 ? null : { from: word.from, options, validFor: /^[\w./-]*$/ };
}

function explain(view: EditorView, position: number, outline: readonly OutlineKey[]): Tooltip | null {
  const at = view.state.doc.lineAt(position);
  const line = yamlLines(view.state.doc.toString()).find((each) => each.line === at.number - 1);
  const key = line && outlineKey(outline, line.path);
  if (!line || !key || position > line.valueTo) return null;
  return {
    pos: at.from + line.indent,
    end: line.valueTo,
    above: true,
    create() {
      const dom = document.createElement('div');
      dom.className = 'cm-help';
      dom.textContent = helpText(key);
      return { dom };
    },
  };
}

function diagnostics({ state }: EditorView, remarks: readonly Remark[]): Diagnostic[] {
  return remarks.map(({ line, severity, message }) => {
    const { from, to, text } = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
    return { from: from + (text.length - text.trimStart().length), to, severity, message };
  });
}

const COLOURS = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: [tags.string, tags.content], color: 'var(--ink)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--good)' },
]);

const THEME = EditorView.theme({
  '&': {
    height: '22rem',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius-s)',
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    fontSize: 'var(--text-s)',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-gutters': {
    border: 'none',
    backgroundColor: 'var(--sunken)',
    color: 'var(--ink-soft)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius-s)',
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
  },
  '.cm-help, .cm-completionInfo': { maxWidth: '26rem', padding: '0.375rem 0.625rem', whiteSpace: 'pre-line' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.75', fontStyle: 'normal' },
  '.cm-diagnostic': { borderLeftWidth: '3px', whiteSpace: 'pre-line' },
});
