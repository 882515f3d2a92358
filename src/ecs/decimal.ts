/** A decimal number as text gives it, cut at the point. */
export interface Decimal {
  readonly negative: boolean;
  /** Integer part without sign or leading zeros; "" for zero. */
  readonly integer: string;
  /** True if anything but zeros stands behind the point. */
  readonly fractional: boolean;
}

// Wider than any 64-bit value with its zeros; more is not a number anybody wrote.
const MAX_LENGTH = 400;
const MAX_INTEGER_DIGITS = 40;

const ZERO = 48;

/**
 * Reads `[+-]digits[.digits][e[+-]digits]` and nothing else: no blanks, no hexadecimal, no NaN. JavaScript's own
 * Number() takes "", " 80 " and "0x50".
 * @returns "too_large" where the integer part has over 40 digits, undefined where the text is not a number
 */
export function parseDecimal(text: string): Decimal | "too_large" | undefined {
  if (text.length === 0 || text.length > MAX_LENGTH) return undefined;
  let at = 0;
  const sign = text[at];
  if (sign === "+" || sign === "-") at++;

  const integerFrom = at;
  at = skipDigits(text, at);
  let digits = text.slice(integerFrom, at);
  let point = digits.length;
  if (text[at] === ".") {
    const fractionFrom = at + 1;
    at = skipDigits(text, fractionFrom);
    digits += text.slice(fractionFrom, at);
  }
  if (digits === "") return undefined;

  if (text[at] === "e" || text[at] === "E") {
    at++;
    const exponentSign = text[at];
    if (exponentSign === "+" || exponentSign === "-") at++;
    const exponentFrom = at;
    at = skipDigits(text, at);
    if (at === exponentFrom) return undefined;
    const exponent = Math.min(Number(text.slice(exponentFrom, at)), 1_000_000);
    point += exponentSign === "-" ? -exponent : exponent;
  }
  if (at !== text.length) return undefined;

  let leading = 0;
  while (leading < digits.length && digits.charCodeAt(leading) === ZERO) leading++;
  const significant = digits.slice(leading);
  const length = point - leading;
  const negative = sign === "-";
  if (significant === "") return { negative, integer: "", fractional: false };
  if (length > MAX_INTEGER_DIGITS) return "too_large";
  const integer = length <= 0 ? "" : significant.slice(0, length).padEnd(length, "0");
  const fraction = significant.slice(Math.max(length, 0));
  let fractional = false;
  for (let index = 0; index < fraction.length; index++) fractional ||= fraction.charCodeAt(index) !== ZERO;
  return { negative, integer, fractional };
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= ZERO + 9) at++;
  return at;
}
