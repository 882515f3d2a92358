/** What moves a cursor, breaks a line, turns text around or cannot be seen. One character at a time: never backtracks. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u;

/** True of a character that a person must not see raw. */
export function isUnseen(char: string): boolean {
  return UNSEEN.test(char);
}

/**
 * An attacker's words as a person may read them in a terminal, a chat or a mail: controls, format characters, private,
 * unassigned and lone surrogate code points, and line and paragraph separators are shown as escapes, `\u202e` or
 * `\u{e0001}`. So the result is one line, and none of it is hidden or turned around by a control.
 * @param limit most UTF-16 units of the result; neither a character nor an escape is cut in two
 */
export function inert(text: string, limit = Number.POSITIVE_INFINITY): string {
  const head = text.length > limit ? text.slice(0, limit) : text;
  if (!UNSEEN.test(head)) return head;
  const shown: string[] = [];
  let length = 0;
  for (const char of text) {
    const next = UNSEEN.test(char) ? escaped(char) : char;
    length += next.length;
    if (length > limit) break;
    shown.push(next);
  }
  return shown.join("");
}

/** The same, with an ellipsis where something was cut off. */
export function inertCut(text: string, limit: number): string {
  // An escape is longer than what it stands for, so what is longer than the limit is cut in any case.
  const shown = inert(text, limit);
  const isCut = text.length > limit || inert(text).length > shown.length;
  return isCut ? `${shown}…` : shown;
}

/** The same of a text of several lines, which stay lines. */
export function inertLines(text: string): string {
  return text
    .split("\n")
    .map((line) => inert(line))
    .join("\n");
}

/**
 * JSON of the same values that moves no cursor and hides nothing: what a person must not see raw is a JSON escape.
 * @param indent of each level; 0 is JSON on one line
 */
export function inertJson(value: unknown, indent = 2): string {
  const json = JSON.stringify(value, undefined, indent);
  if (!UNSEEN.test(json.replaceAll("\n", ""))) return json;
  // Line ends stand between the values only: within them they are escapes already.
  return Array.from(json, (char) => (char !== "\n" && UNSEEN.test(char) ? unitEscapes(char) : char)).join("");
}

function unitEscapes(char: string): string {
  return char
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

function escaped(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}
