import { styleText } from "node:util";
import { inertCut } from "../finding/inert.ts";
import { factsOf, ruleNameOf, severityOf, shownValues } from "./facts.ts";
import { combinationOf, isCanaryFinding, ownText, type Published, suppressedOf } from "./published.ts";

const MAX_LENGTH = 160;
/** Of the sentence why, which names several values. */
const MAX_SENTENCE = 1000;
/** Suppressed combinations that are shown. */
const MAX_COMBINATIONS = 10;

/** A finding as a block for a terminal. An attacker writes its texts: they are shown inert, and bounded. */
export function textOf(finding: Published): string {
  const severity = text(severityOf(finding));
  const kind = isCanaryFinding(finding) ? "CANARY" : severity.toUpperCase();
  const title = `${kind} ${text(ownText(finding, "kibana.alert.risk_score"))}  ${text(ruleNameOf(finding))}`;
  const why = ownText(finding, "new_terms_stream.why");
  const terms = combinationOf(finding).map(({ field, value }) => `${text(field)} = ${text(value)}`);
  return [
    styleText(["bold", severity === "low" ? "cyan" : "yellow"], title),
    row("new", terms.join("  ")),
    ...(why === "" ? [] : [row("why", inertCut(why, MAX_SENTENCE))]),
    ...suppressedRows(finding),
    ...factsOf(finding).map((fact) => row(fact.label, shownValues(fact, text))),
  ].join("\n");
}

/** Of a message that closes a window of alert suppression: what came after the first. */
function suppressedRows(finding: Published): string[] {
  const window = suppressedOf(finding);
  if (window === undefined) return [];
  const shown = window.combinations.slice(0, MAX_COMBINATIONS).map((terms) => row("", terms.map(text).join("  ")));
  return [row("suppressed", `${text(window.count)} more after it`), ...shown];
}

function row(label: string, value: string): string {
  return `  ${styleText("dim", label.padEnd(11))} ${value}`;
}

function text(value: string): string {
  return inertCut(value, MAX_LENGTH);
}
