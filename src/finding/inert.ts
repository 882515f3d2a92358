/** What moves a cursor, breaks a line, turns text around or cannot be seen. One character at a time: never backtracks. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u;

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

function escaped(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}
