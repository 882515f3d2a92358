import { inertCut } from "../finding/inert.ts";

/** What chat markup begins with, and what stands for it: Slack's three control characters are entities, as it wants them. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ["`", "ˋ"], // would end the span; much like one that does not
  ["@", "@\u2060"], // a word joiner, which nobody sees: `@here` is no word then
]);

/**
 * An attacker's words in a chat, as code: no mention, link, emoji, format or line of theirs. What cannot be seen is shown
 * as an escape.
 * @param limit UTF-16 units between the back-ticks at most, an ellipsis aside
 * @see https://docs.slack.dev/messaging/formatting-message-text
 */
export function codeSpan(words: string, limit: number): string {
  const shown: string[] = [];
  let length = 0;
  for (const char of inertCut(words, limit)) {
    const next = ESCAPES.get(char) ?? char;
    length += next.length;
    if (length > limit && char !== "…") {
      shown.push("…");
      break;
    }
    shown.push(next);
  }
  return `\`${shown.join("") || " "}\``;
}

/** Words that are the rule's, where an event did not write them: as they are if they are plain, else as code. */
export function plainOrCode(words: string, limit: number): string {
  const isPlain = words.length <= limit && /^[A-Za-z0-9 .,()/'-]+$/.test(words) && !/\.\w/.test(words);
  return isPlain ? words : codeSpan(words, limit);
}
