import type { Mapping } from "../../ecs/mapping.ts";
import { isLoneStar, literalText } from "../../kql/ast.ts";
import type { Clause } from "../../kql/walk.ts";
import type { Rule } from "../rule.ts";
import { isKeyword as isKeywordType } from "./implication.ts";
import type { Warning, WarningCode } from "./warning.ts";

/** What in a clause does other than it seems to: stars, question marks, line ends, booleans and ranges over text. */
export function clauseWarnings({ name, value, isRange }: Clause, mapping: Mapping, rule: Rule): Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: WarningCode, message: string) => warnings.push({ code, at: value.offset, message });
  const text = literalText(value);
  const isKeyword = isKeywordType(mapping);
  if (isLoneStar(value)) return [];
  if (text.includes("?") && isKeyword) {
    warn("literal-wildcard", `? is a character like any other in KQL: "${text}" matches a question mark only`);
  }
  const hasStar = value.kind === "wildcard" ? value.segments.some((part) => part.includes("*")) : text.includes("*");
  if (mapping.type === "constant_keyword" && hasStar) {
    warn("wildcard-in-text", `* is a wildcard here, quoted and escaped as well, since ${name} is a constant_keyword`);
  } else if (value.kind === "quoted" && hasStar) {
    warn(
      "literal-wildcard",
      `a quoted * is a star and not a wildcard: leave the quotes off "${text}" if any text was meant`,
    );
  }
  if (/[\t\r\n]/.test(text)) {
    const shown = JSON.stringify(text);
    warn(
      "line-end-in-value",
      value.kind === "quoted" && text.includes("\\")
        ? `\\t, \\r and \\n in quotes are a tab and line ends: write \\\\ for a backslash in ${shown}`
        : `the value goes over a line end or tab; an or may be missing in ${shown}`,
    );
  }
  if (value.kind === "unquoted" && typeof value.value === "boolean" && isKeyword) {
    warn("boolean-as-text", `${text} is the text "${text}" here, since ${name} is a ${mapping.type}`);
  }
  if (isRange && isKeyword) {
    warn("range-by-spelling", `${name} is a ${mapping.type}: the range goes by spelling, and "9" is over "10"`);
  }
  if (name === (rule.timestamp_override ?? "@timestamp")) {
    warn("clock-in-query", `${name} is when events are taken to happen, which here is when they arrive`);
  }
  if (isKeyword && text.length > (mapping.ignoreAbove ?? Number.POSITIVE_INFINITY)) {
    warn("value-too-long", `the value is longer than ${name} indexes (${mapping.ignoreAbove}): it matches nothing`);
  }
  return warnings;
}
