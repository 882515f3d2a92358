/** A rule file with a query, which begins on line 13. */
export function ruleText(query: string, id = "r"): string {
  return `[metadata]
maturity = "production"

[rule]
rule_id = "${id}"
name = "R"
description = "d"
type = "new_terms"
language = "kuery"
severity = "low"
risk_score = 21
query = '''
${query}
'''

[rule.new_terms]
field = "new_terms_fields"
value = ["host.id"]

[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-7d"
`;
}
