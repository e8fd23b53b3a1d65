import { html, type Html } from './html.ts';

export interface Column {
  readonly label: string;
  /** Numbers are aligned to the right. */
  readonly numeric?: boolean;
}

export interface Row {
  /** One per column; the first is the header of the row. */
  readonly cells: readonly (string | number | Html)[];
  readonly isMarked?: boolean;
}

/** A table with caption and scopes. */
export function htmlTable(caption: string, columns: readonly Column[], rows: readonly Row[]): Html {
  const kind = (at: number): string => (columns[at]?.numeric ? 'number' : 'text');
  const heads = columns.map(({ label }, at) => html`<th scope="col" class="${kind(at)}">${label}</th> `);
  const body = rows.map(({ cells: [first, ...others], isMarked }) => {
    const data = others.map((cell, at) => html`<td class="${kind(at + 1)}">${cell}</td> `);
    return html`<tr class="${isMarked ? 'offered' : 'other'}">
      <th scope="row" class="${kind(0)}">${first ?? ''}</th>
      ${data}
    </tr>`;
  });
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}
