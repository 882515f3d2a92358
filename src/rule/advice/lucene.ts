import type { Literal } from "../../kql/ast.ts";
import { literalText } from "../../kql/ast.ts";
import type { Clause } from "../../kql/walk.ts";
import type { Warning } from "./warning.ts";

// KQL has none of Lucene's operators. What looks like one is text, here as in Kibana: the rule runs, and the clause asks for
// a value with those characters in it. So these are warnings; what is no KQL at all is refused by the parser.

const TYPOGRAPHIC = "“”„‟‘’‚‛«»";

/** What in a clause is written in another language than KQL. */
export function foreignWarnings({ name, field, value }: Clause): Warning[] {
  const warnings: Warning[] = [];
  const lucene = (at: number, message: string) => warnings.push({ code: "lucene-syntax", at, message });
  const fieldText = literalText(field);
  const [sign = ""] = fieldText;
  if (fieldText === "_exists_") {
    lucene(field.offset, `_exists_ is Lucene's, and a field of that name here: write ${literalText(value)}:*`);
  } else if (field.kind !== "quoted" && "!+-".includes(sign)) {
    const advice = sign === "+" ? `write and ${fieldText.slice(1)}:…` : `write not ${fieldText.slice(1)}:…`;
    lucene(field.offset, `${sign} is a part of the field's name in KQL: ${advice}`);
  }
  if (value.kind === "quoted") return [...warnings, ...quoteWarnings(field)];

  const text = literalText(value);
  const at = value.offset;
  if (isRegularExpression(text)) {
    lucene(at, `KQL has no regular expressions: the slashes of ${text} are text; use * for any text`);
  } else if (isBracketed(text) && text.includes(" TO ")) {
    const [from = "", to = ""] = text.slice(1, -1).split(" TO ", 2);
    lucene(at, `${text} is Lucene's range, and text in KQL: write ${name} >= ${from} and ${name} <= ${to}`);
  } else if (endsInNumberAfter(text, "~")) {
    lucene(at, `KQL has no fuzzy search: ~ is a character like any other in "${text}"`);
  } else if (/\^\d/.test(text) && endsInNumberAfter(text, "^")) {
    lucene(at, `KQL has no boost: ^ is a character like any other in "${text}"`);
  } else if (text.includes(" && ") || text.includes(" || ")) {
    lucene(at, "&& and || are text in KQL: write and, or; quote the value if they belong to it");
  }
  return [...warnings, ...quoteWarnings(field), ...quoteWarnings(value)];
}

/** `/…/` with something in it that a path has not. */
function isRegularExpression(text: string): boolean {
  if (text.length < 3 || !text.startsWith("/") || !text.endsWith("/")) return false;
  return [".*", ".+", "[", "^", "$", "|", "?", "\\"].some((sign) => text.includes(sign));
}

function isBracketed(text: string): boolean {
  return text.startsWith("[") && (text.endsWith("]") || text.endsWith("}"));
}

/** `mark` behind a word, then nothing but a number or the end. */
function endsInNumberAfter(text: string, mark: string): boolean {
  const index = text.lastIndexOf(mark);
  if (index < 1) return false;
  const rest = text.slice(index + 1);
  // `PROGRA~1` and `~` in a path are Windows' short names and Unix' copies.
  const isPath = text.includes("/") || text.includes("\\") || text.includes("*");
  return (
    !isPath && (rest === "" || (mark === "^" && !Number.isNaN(Number(rest))) || (mark === "~" && rest.startsWith("0.")))
  );
}

function quoteWarnings(literal: Literal): Warning[] {
  if (literal.kind === "quoted") return [];
  const text = literalText(literal);
  const first = text.charAt(0);
  const last = text.charAt(text.length - 1);
  if (text === "") return [];
  const odd = [first, last].find((char) => TYPOGRAPHIC.includes(char));
  if (odd !== undefined) {
    const message = `${odd} is no quote in KQL but a part of the text: write "${bare(text)}"`;
    return [{ code: "typographic-quote", at: literal.offset, message }];
  }
  if (text.length > 1 && first === "'" && last === "'") {
    const message = `' is no quote in KQL but a part of the text: write "${text.slice(1, -1)}"`;
    return [{ code: "typographic-quote", at: literal.offset, message }];
  }
  return [];
}

function bare(text: string): string {
  const start = TYPOGRAPHIC.includes(text.charAt(0)) ? 1 : 0;
  return text.slice(start, TYPOGRAPHIC.includes(text.charAt(text.length - 1)) ? -1 : undefined);
}
