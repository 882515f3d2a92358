import { inert } from "../finding/inert.ts";

/** Text in an XML document, attributes included. XML 1.0 has no way to write most control characters, so they are shown as escapes. */
export function xmlText(text: string): string {
  const lines = text.split("\n").map((line) => inert(line));
  return lines
    .join("\n")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
