import { type Html, html, NOTHING } from "./html.ts";
import { brief, count } from "./words.ts";

/** One column: what it says when pointed at, and its parts from the ground up. */
export interface ChartColumn {
  readonly label: string;
  readonly title: string;
  readonly parts: readonly ChartPart[];
  /** Shaded behind. */
  readonly isLearning: boolean;
}

interface ChartPart {
  readonly kind: "after" | "young" | "news";
  readonly value: number;
}

export interface Chart {
  /** Says in words what there is to see. */
  readonly title: string;
  readonly columns: readonly ChartColumn[];
  /** A curve over the columns, on the same axis. */
  readonly curve?: readonly number[];
}

/** Pixels. Across, all is in percent: columns stretch with the page, and letters do not. */
const HEIGHT = 148;
const TOP = 18;
const BOTTOM = 22;
const GROUND = HEIGHT - BOTTOM;
/** Share of its place that a column fills. */
const FILL = 0.76;
const MOST_LABELS = 5;

export function chart({ title, columns, curve = [] }: Chart): Html {
  const highest = Math.max(
    1,
    ...curve,
    ...columns.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0)),
  );
  const top = roundUp(highest);
  const y = (value: number) => round(GROUND - (value / top) * (GROUND - TOP));
  return html`<svg class="chart" role="img" width="100%" height="${HEIGHT}"><title>${title}</title>
${shades(columns)}${[top, top / 2]
  .filter(Number.isInteger)
  .map((value) => html`<line class="grid" x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}"/>`)}
${columns.map((column, index) => bar(column, index, columns.length, y))}
${curveOf(curve, top)}<line class="ground" x1="0" x2="100%" y1="${GROUND}" y2="${GROUND}"/>
${[top, top / 2].filter(Number.isInteger).map((value) => html`<text x="-8" y="${y(value) + 4}" text-anchor="end">${brief(value)}</text>`)}
${dayLabels(columns)}</svg>`;
}

/** The same columns in the height of a line, for a cell of a table. */
export function sparkline(title: string, columns: readonly ChartColumn[]): Html {
  const sums = columns.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const top = Math.max(1, ...sums);
  const ground = 20;
  return html`<svg class="spark" role="img" width="120" height="${ground}"><title>${title}</title>${columns.map(
    (column, index) => {
      const { x, width } = place(index, columns.length);
      const height = round(((sums[index] ?? 0) / top) * ground);
      return html`${column.isLearning ? html`<rect class="shade" x="${percent(index / columns.length)}" width="${percent(1 / columns.length)}" y="0" height="${ground}"/>` : undefined}${
        height === 0
          ? undefined
          : html`<rect class="${column.isLearning ? "young" : "after"}" x="${x}" width="${width}" y="${ground - Math.max(1.5, height)}" height="${Math.max(1.5, height)}"/>`
      }`;
    },
  )}<line class="ground" x1="0" x2="100%" y1="${ground}" y2="${ground}"/></svg>`;
}

/** A number, and for the eye how much of the most it is. */
export function share(value: number, most: number): Html {
  const width = percent(value / Math.max(1, most));
  return html`<svg class="share" aria-hidden="true" width="72" height="8"><rect class="after" x="0" y="0" width="${width}" height="8"/></svg><span class="beside">${count(value)}</span>`;
}

/** A whole column answers to the pointer, not only what is drawn of it. */
function bar({ title, parts }: ChartColumn, index: number, total: number, y: (value: number) => number): Html {
  const { x, width } = place(index, total);
  let sum = 0;
  return html`<g><title>${title}</title><rect class="hit" x="${percent(index / total)}" width="${percent(1 / total)}" y="${TOP}" height="${GROUND - TOP}"/>${parts.map(
    ({ kind, value }) => {
      if (value === 0) return undefined;
      const foot = y(sum);
      sum += value;
      // What is there is seen, however little it is beside the rest.
      const height = round(Math.max(1.5, foot - y(sum)));
      return html`<rect class="${kind}" x="${x}" width="${width}" y="${round(foot - height)}" height="${height}"/>`;
    },
  )}</g>`;
}

function shades(columns: readonly ChartColumn[]): Html {
  const young = columns.filter(({ isLearning }) => isLearning).length;
  if (young === 0) return NOTHING;
  const width = percent(young / columns.length);
  return html`<rect class="shade" x="0" y="0" width="${width}" height="${GROUND}"/>`;
}

/** Steps at the middle of each column; its stroke does not stretch with the page. */
function curveOf(values: readonly number[], top: number): Html {
  if (values.length === 0) return NOTHING;
  const step = 100 / values.length;
  const points = values.map((value, index) => `${round((index + 0.5) * step)},${round(100 - (value / top) * 100)}`);
  return html`<svg x="0" y="${TOP}" width="100%" height="${GROUND - TOP}" viewBox="0 0 100 100" preserveAspectRatio="none"><polyline class="curve" points="${points.join(" ")}" vector-effect="non-scaling-stroke"/></svg>`;
}

function dayLabels(columns: readonly ChartColumn[]): Html[] {
  const last = columns.length - 1;
  const labels = Math.min(MOST_LABELS, columns.length);
  const at = Array.from({ length: labels }, (_, index) =>
    labels === 1 ? 0 : Math.round((index * last) / (labels - 1)),
  );
  return at.map((index) => {
    const [anchor, x] =
      index === 0
        ? ["start", "0"]
        : index === last
          ? ["end", "100%"]
          : ["middle", percent((index + 0.5) / columns.length)];
    return html`<text x="${x}" y="${HEIGHT - 6}" text-anchor="${anchor}">${columns[index]?.label}</text>`;
  });
}

function place(index: number, total: number): { readonly x: string; readonly width: string } {
  return { x: percent((index + (1 - FILL) / 2) / total), width: percent(FILL / total) };
}

/** The next of 1, 2, 4, 6, 8, 10, 20, 40 …: whole, and mostly with a whole half. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 6, 8].find((step) => step * power >= value) ?? 10);
}

function percent(part: number): string {
  return `${round(part * 100)}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
