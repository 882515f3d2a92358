import type { Span } from "./days.ts";
import { type Html, html } from "./html.ts";
import { shown } from "./words.ts";

const SEVERITIES = ["low", "medium", "high", "critical"];

/** A severity by its word; the colour only repeats it. */
export function severityMark(severity: string): Html {
  return html`<span class="severity ${SEVERITIES.includes(severity) ? severity : "low"}">${shown(severity, 16)}</span>`;
}

const MARKS = {
  young: "findings while learning",
  after: "findings after",
  news: "new combinations a day",
  curve: "all so far",
  shade: "learning",
} as const;

export type Mark = keyof typeof MARKS;

/** What the colours of a chart mean. */
export function legend(marks: readonly Mark[]): Html {
  return html`<span class="legend">${marks.map(
    (mark) =>
      html`<span><svg aria-hidden="true" width="10" height="10"><rect class="key ${mark}" width="10" height="10"/></svg> ${MARKS[mark]}</span> `,
  )}</span>`;
}

/** `2026-11-03`, or the first and the last day where days are drawn together. */
export function spanLabel({ from, to }: Span): string {
  return from === to ? from : `${from} – ${to}`;
}

/** What stands below its column: the year matters only where there are several. */
export function axisLabel({ from }: Span, all: readonly Span[]): string {
  const years = Number(all.at(-1)?.to.slice(0, 4)) - Number(all[0]?.from.slice(0, 4));
  return years > 1 ? from.slice(0, 7) : from.slice(5);
}

/** What a column stands for, where it is not one day. */
export function columnNote(all: readonly Span[]): string {
  const days = all[0]?.days ?? 1;
  return days > 1 ? ` (a column is ${days} days)` : "";
}

/** A combination, a field on each line. */
export function termsOf(fields: readonly string[], terms: readonly string[], limit?: number): Html {
  return html`<span class="terms">${terms.map(
    (term, index) => html`<span><span class="field">${fields[index]}</span> ${shown(term, limit)}</span> `,
  )}</span>`;
}
