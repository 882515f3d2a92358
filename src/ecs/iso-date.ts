/** The latest time that a Date can tell, and the earliest but for its sign, epoch ms. Elasticsearch knows later ones. */
export const LAST_MS = 8.64e15;

/** Whether a Date can tell a time, epoch ms. */
export function isTime(ms: number): boolean {
  return Math.abs(ms) <= LAST_MS;
}

const DIGITS_OF_A_YEAR = 4;
/** java.time.ZoneOffset goes to 18 hours either way. */
const MAX_OFFSET_SECONDS = 18 * 3600;

/**
 * Reads `strict_date_optional_time||epoch_millis`: `2026`, `2026-05-25`, `2026-05-25T10:00:00.123456789+02:00`, or a
 * number of milliseconds. A time without offset is UTC; digits past the millisecond are cut. Offsets are `+hh`, `+hhmm`,
 * `+hh:mm` and with seconds, as Elasticsearch's Iso8601Parser has them; names of zones, which it takes too, are not read.
 * @param up a time's missing parts go to their last: 23:59:59.999 of a day. A missing month or day is the first all the
 * same, as in Elasticsearch
 * @returns epoch milliseconds, or undefined where the text is neither. JavaScript's Date.parse takes far more.
 */
export function parseDate(text: string, up = false): number | undefined {
  let at = 0;
  const digits = (count: number): number | undefined => {
    for (let index = at; index < at + count; index++) if (!isDigit(text, index)) return undefined;
    at += count;
    return Number(text.slice(at - count, at));
  };
  const accept = (char: string): boolean => text[at] === char && ++at > 0;

  const year = digits(DIGITS_OF_A_YEAR);
  if (year === undefined || isDigit(text, at)) return epochMillis(text);
  let [month, day]: (number | undefined)[] = [1, 1];
  let [hour, minute, second, millisecond]: (number | undefined)[] = up ? [23, 59, 59, 999] : [0, 0, 0, 0];
  if (accept("-")) {
    month = digits(2);
    if (accept("-")) day = digits(2);
  }
  let offset: number | undefined = 0;
  if (accept("T")) {
    hour = digits(2);
    if (accept(":")) {
      minute = digits(2);
      if (accept(":")) {
        second = digits(2);
        if (accept(".") || accept(",")) {
          const from = at;
          while (isDigit(text, at) && at - from < 9) at++;
          millisecond = at === from ? undefined : Number(text.slice(from, at).padEnd(3, "0").slice(0, 3));
        }
      }
    }
    offset = readOffset();
  }
  if (at !== text.length || month === undefined || day === undefined || hour === undefined) return undefined;
  if (minute === undefined || second === undefined || millisecond === undefined || offset === undefined)
    return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  return midnight.setUTCHours(hour, minute, second, millisecond) - offset;

  function readOffset(): number | undefined {
    if (at === text.length || accept("Z")) return 0;
    const sign = accept("+") ? 1 : accept("-") ? -1 : undefined;
    const hours = sign === undefined ? undefined : digits(2);
    if (sign === undefined || hours === undefined) return undefined;
    let [minutes, seconds]: (number | undefined)[] = [0, 0];
    if (at < text.length) {
      const hasColon = accept(":");
      minutes = digits(2);
      // Either both parts have a colon before them, or neither.
      if (at < text.length) seconds = accept(":") === hasColon ? digits(2) : undefined;
    }
    if (minutes === undefined || seconds === undefined || minutes > 59 || seconds > 59) return undefined;
    const total = (hours * 60 + minutes) * 60 + seconds;
    return total > MAX_OFFSET_SECONDS ? undefined : sign * total * 1000;
  }
}

function epochMillis(text: string): number | undefined {
  const from = text.startsWith("-") ? 1 : 0;
  if (text.length === from || text.length > 17) return undefined;
  for (let at = from; at < text.length; at++) if (!isDigit(text, at)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function isDigit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 48 && unit <= 57;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}
