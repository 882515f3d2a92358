import { inert } from "../finding/inert.ts";
import { type Html, html } from "./html.ts";

/** Most UTF-16 units that a value of an event takes where it stands in a row. */
const VALUE_LENGTH = 160;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * A value of an event: cut with a note, and apart from its neighbours where letters in it run from right to left; the
 * whole of it never does, or an escape would read backwards. One that has nothing to show says so.
 */
export function shown(value: string, limit = VALUE_LENGTH): Html {
  if (value.trim() === "") return html`<span class="none">${value === "" ? "empty" : "blank"}</span>`;
  const head = inert(value, limit);
  const more = value.length - limit;
  const isCut = more > 0 || inert(value).length > head.length;
  const note = more > 0 ? `… ${count(more)} more` : "…";
  return html`<bdi dir="ltr">${head}</bdi>${isCut ? html`<span class="cut">${note}</span>` : undefined}`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `1,200`, `45K`: for an axis. */
export function brief(value: number): string {
  return value < 10_000 ? count(value) : value.toLocaleString("en", { notation: "compact" });
}

/** `1 finding`, `2,000 findings`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** A mean a day: two decimals while they say something, as many in each row of a column. */
export function rate(mean: number | undefined): string {
  if (mean === undefined) return "–";
  if (mean > 0 && mean < 0.005) return "< 0.01";
  const digits = mean === 0 || mean >= 100 ? 0 : 2;
  return mean.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A part of a whole, where a little is not nothing. */
export function portion(part: number, whole: number): string {
  const hundredths = Math.round((part / Math.max(1, whole)) * 100);
  return hundredths === 0 && part > 0 ? "< 1 %" : `${hundredths} %`;
}

/** `2026-11-03 14:05:09 UTC`, of an ISO 8601 time; whatever else it is stays as it is. */
export function time(iso: string): Html {
  const [day = "", clock = ""] = inert(iso, 32).split("T");
  return html`<time datetime="${iso.slice(0, 32)}">${day} <span class="clock">${clock.slice(0, 8)}</span></time>`;
}

/** `7 days`, `36 hours`: what a window is, in its largest whole unit. */
export function duration(ms: number): string {
  return ms % DAY_MS === 0 || ms > 30 * DAY_MS
    ? counted(Math.round(ms / DAY_MS), "day")
    : counted(Math.round((ms / HOUR_MS) * 10) / 10, "hour");
}
