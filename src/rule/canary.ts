import type { Rule } from "./rule.ts";

/** The rule_id of canary/canary.toml. No rule in a folder may have it, so that what has it is the canary's alone. */
const CANARY_RULE_ID = "426066e1-3bca-4473-a229-42df69f10807";

/** True for the rule that finds the canary's events, and for no other that a function runs. */
export function isCanary({ rule_id }: Pick<Rule, "rule_id">): boolean {
  return rule_id === CANARY_RULE_ID;
}
