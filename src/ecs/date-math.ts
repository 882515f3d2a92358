import { parseDate } from "./iso-date.ts";

/** Epoch ms that `now` stands for. */
export type Clock = () => number;

const UNITS = "yMwdhHms";

interface Step {
  readonly sign: 1 | -1 | 0; // 0 rounds
  readonly count: number;
  readonly unit: string;
}

/**
 * Elasticsearch's date math: a date, or `now` or a date and `||`, followed by `+1d`, `-2h`, `/d`.
 * @param up what is missing, and what is rounded, goes to its last millisecond instead of its first
 * @returns epoch ms, to be asked for each event where `now` is in it; or undefined where the text is none of this
 */
export function parseDateMath(text: string, up: boolean, clock: Clock): (() => number) | undefined {
  if (text.startsWith("now")) {
    const steps = parseSteps(text.slice("now".length));
    return steps === undefined ? undefined : () => applied(steps, clock(), up);
  }
  const bars = text.indexOf("||");
  const steps = bars < 0 ? [] : parseSteps(text.slice(bars + "||".length));
  const date = bars < 0 ? parseDate(text, up) : parseDate(text.slice(0, bars));
  if (date === undefined || steps === undefined) return undefined;
  const fixed = applied(steps, date, up);
  return () => fixed;
}

function parseSteps(text: string): Step[] | undefined {
  const steps: Step[] = [];
  for (let at = 0; at < text.length; ) {
    const operator = text.charAt(at++);
    const from = at;
    while (text.charAt(at) >= "0" && text.charAt(at) <= "9") at++;
    const digits = text.slice(from, at);
    const unit = text.charAt(at++);
    const sign = operator === "+" ? 1 : operator === "-" ? -1 : operator === "/" ? 0 : undefined;
    if (sign === undefined || unit === "" || !UNITS.includes(unit) || digits.length > 9) return undefined;
    if (sign === 0 && digits !== "") return undefined;
    steps.push({ sign, count: digits === "" ? 1 : Number(digits), unit });
  }
  return steps;
}

function applied(steps: readonly Step[], start: number, up: boolean): number {
  const date = new Date(start);
  for (const { sign, count, unit } of steps) {
    if (sign !== 0) add(date, sign * count, unit);
    else {
      floor(date, unit);
      if (up) {
        add(date, 1, unit);
        date.setTime(date.getTime() - 1);
      }
    }
  }
  return date.getTime();
}

function add(date: Date, count: number, unit: string): void {
  if (unit === "y") addMonths(date, 12 * count);
  else if (unit === "M") addMonths(date, count);
  else date.setTime(date.getTime() + count * MS[unit as keyof typeof MS]);
}

const MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, H: 3_600_000, m: 60_000, s: 1000 } as const;

/** The 31st goes to the last day of a shorter month, where JavaScript would go on into the next. */
function addMonths(date: Date, count: number): void {
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count);
  const last = new Date(date);
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  date.setUTCDate(Math.min(day, last.getUTCDate()));
}

function floor(date: Date, unit: string): void {
  if (unit === "s") date.setUTCMilliseconds(0);
  else if (unit === "m") date.setUTCSeconds(0, 0);
  else if (unit === "h" || unit === "H") date.setUTCMinutes(0, 0, 0);
  else date.setUTCHours(0, 0, 0, 0);
  if (unit === "w") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7)); // weeks begin on Monday
  if (unit === "M" || unit === "y") date.setUTCDate(1);
  if (unit === "y") date.setUTCMonth(0);
}
