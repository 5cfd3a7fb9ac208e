/** A table that scrolls inside its own frame, with headings for screen readers. */
import type { VNode } from 'preact';
import { type Child, html } from './element.ts';

export interface TableProps {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly Child[] }[];
  readonly empty: string;
}

export function Table({ title, columns, rows, empty }: TableProps): VNode {
  const id = `table-${title.replace(/\W+/g, '-')}-${columns.length}`;
  return html`<section class="table" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="note">${empty}</p>`
        : html`<div class="frame" tabindex="0" role="region" aria-labelledby=${id}><table>
      <thead><tr>${columns.map((column) => html`<th scope="col" key=${column}>${column}</th>`)}</tr></thead>
      <tbody>${rows.map(({ key, cells }) => html`<tr key=${key}>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table></div>`
    }
  </section>`;
}
