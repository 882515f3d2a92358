import { styleText } from "node:util";
import { imbalances, type Ledger } from "../detect/ledger.ts";

/** Adds the ledger of one invocation, as its line of metrics carries it. */
export function addLedger(sum: Ledger, metrics: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(sum) as (keyof Ledger)[]) sum[name] += Number(metrics[name] ?? 0);
}

/** Rows that read as sums: what came in on the left of each becomes what stands on its right. */
const ROWS: readonly (readonly [keyof Ledger, readonly (keyof Ledger)[]])[] = [
  ["documents", ["events", "passedOver", "quarantined", "controlMessages"]],
  ["ruleEvaluations", ["matched", "unmatched", "ruleFailures"]],
  ["matched", ["withCombinations", "withoutTerms", "excepted"]],
  ["combinations", ["known", "new", "learned", "undecided"]],
  ["new", ["published", "pending", "suppressed"]],
];

/** Told where there are any: most rules suppress nothing, and most streams have no envelopes. */
const SELDOM: ReadonlySet<keyof Ledger> = new Set(["suppressed", "passedOver"]);

const LABELS: Partial<Record<keyof Ledger, string>> = {
  ruleEvaluations: "evaluations",
  ruleFailures: "failed",
  withCombinations: "with terms",
  withoutTerms: "without terms",
  controlMessages: "control messages",
  passedOver: "passed over",
};

export function ledgerTable(ledger: Ledger): string {
  const label = (name: keyof Ledger) => LABELS[name] ?? name;
  const lines = ROWS.map(([whole, parts]) => {
    const told = parts.filter((name) => !SELDOM.has(name) || ledger[name] > 0);
    const sum = told.map((name) => `${ledger[name]} ${label(name)}`).join(" + ");
    return `  ${label(whole).padEnd(13)}${String(ledger[whole]).padStart(7)}  =  ${sum}`;
  });
  const wrong = imbalances(ledger);
  const verdict =
    wrong.length === 0
      ? styleText("green", "The ledger balances: nothing went missing.")
      : styleText("red", `The ledger does not balance: ${wrong.join("; ")}`);
  const skipped = `, ${ledger.skipped} of them passed over: they hold nothing a rule asks for`;
  const records = `  ${"records".padEnd(13)}${String(ledger.records).padStart(7)}${ledger.skipped === 0 ? "" : skipped}`;
  return [records, ...lines, `  ${verdict}`].join("\n");
}
