import { type Html, html } from "./html.ts";

export interface Column {
  readonly label: string;
  /** Numbers stand at the right, and are sorted as such. */
  readonly kind?: "number" | "text";
  /** Nothing to sort by. */
  readonly isFixed?: true;
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The first cell of each row heads it. */
  readonly rows: readonly (readonly (Html | string)[])[];
  readonly isSortable?: true;
}

/** Columns that fit any screen. */
const MOST_NARROW = 3;

/**
 * In a box of its own that scrolls where the screen is narrower than the table. That of a wide one scrolls by keyboard
 * in every browser; the others cost no stop of the tab key.
 */
export function table({ caption, columns, rows, isSortable }: Table): Html {
  const kind = (index: number) => columns[index]?.kind ?? "text";
  return html`<div class="scroll"${columns.length > MOST_NARROW ? html` tabindex="0" role="group" aria-label="${caption}"` : undefined}>
<table${isSortable ? html` class="sortable"` : undefined}><caption>${caption}</caption>
<thead>${heads(columns)}</thead>
<tbody>${rows.map(
    ([first, ...rest]) => html`<tr><th scope="row" class="${kind(0)}">${first}</th>${rest.map(
      (cell, index) => html`<td class="${kind(index + 1)}">${cell}</td>`,
    )}</tr>
`,
  )}</tbody></table></div>`;
}

export function heads(columns: readonly Column[]): Html {
  return html`<tr>${columns.map(
    ({ label, kind = "text", isFixed }) =>
      html`<th scope="col" class="${kind}"${isFixed ? html` data-fixed` : undefined}>${label}</th>`,
  )}</tr>`;
}
