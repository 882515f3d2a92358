import { styleText } from "node:util";
import { inertCut } from "../finding/inert.ts";
import { type Closing, closingOf, heldSentence, ownTerms } from "./closing.ts";
import { idOf } from "./digest.ts";
import { factsOf, severityOf, shownRuleName, shownValues } from "./facts.ts";
import { combinationOf, isCanaryFinding, type NewTerm, ownText, type Published } from "./published.ts";

const MAX_LENGTH = 160;
/** Of the sentence why, which names several values. */
const MAX_SENTENCE = 1000;
/** Suppressed combinations that are shown. */
const MAX_COMBINATIONS = 10;

/** A finding as a block for a terminal. An attacker writes its texts: they are shown inert, and bounded. */
export function textOf(finding: Published): string {
  const severity = text(severityOf(finding) || "unknown");
  const kind = isCanaryFinding(finding) ? "CANARY" : severity.toUpperCase();
  const title = `${kind} ${text(ownText(finding, "kibana.alert.risk_score"))}  ${text(shownRuleName(finding))}`;
  const why = ownText(finding, "new_terms_stream.why");
  const head = styleText(["bold", severity === "low" ? "cyan" : "yellow"], title);
  const closing = closingOf(finding);
  if (closing !== undefined) return [head, ...closingRows(closing)].join("\n");
  return [
    head,
    row("new", terms(combinationOf(finding)) || "no terms"),
    ...(why === "" ? [] : [row("why", inertCut(why, MAX_SENTENCE))]),
    ...factsOf(finding).map((fact) => row(fact.label, shownValues(fact, text))),
  ].join("\n");
}

/** Of a message that closes a window of alert suppression: what was held back, and after what. */
function closingRows(closing: Closing): string[] {
  const { members, first } = closing;
  const shown = members
    .slice(0, MAX_COMBINATIONS)
    .map((held) => row("", `${terms(ownTerms(closing, held)) || "no terms"}  ${text(held.seen)}`.trimEnd()));
  return [
    row("held back", heldSentence(closing, text)),
    ...shown,
    ...(members.length > MAX_COMBINATIONS ? [row("", `… and ${members.length - MAX_COMBINATIONS} more`)] : []),
    ...(first.terms.length === 0 ? [] : [row("first", terms(first.terms))]),
    row("id", text(idOf(closing.message))),
  ];
}

function terms(list: readonly NewTerm[]): string {
  return list.map(({ field, value }) => `${text(field)} = ${text(value)}`).join("  ");
}

function row(label: string, value: string): string {
  return `  ${styleText("dim", label.padEnd(11))} ${value}`;
}

function text(value: string): string {
  return inertCut(value, MAX_LENGTH);
}
