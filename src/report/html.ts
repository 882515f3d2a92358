import { inert } from "../finding/inert.ts";

/** Markup that is safe as it stands. A class, since no JSON of an event can be an instance of one. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Content = Html | string | number | undefined | readonly Content[];

/**
 * Markup of literals and of values between them. An attacker writes the values: each is made inert and escaped, for
 * text and for a quoted attribute alike, unless it is markup made here. `undefined` is nothing, and a list its parts.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(String.raw({ raw: literals }, ...values.map(markupOf)));
}

export const NOTHING = new Html("");

function markupOf(value: Content): string {
  if (value instanceof Html) return value.markup;
  if (value === undefined) return "";
  return typeof value === "object" ? value.map(markupOf).join("") : escaped(inert(String(value)));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "`": "&#96;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (char) => ESCAPES[char] ?? "");
}
