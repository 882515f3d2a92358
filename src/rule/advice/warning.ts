import type { KeyPath } from "../places.ts";

/** Something in a rule that runs, and probably does not do what its author meant. */
export interface Warning {
  readonly code: WarningCode;
  /** Where it is: an offset into the query in UTF-16 units, or a key of the file; absent where the whole rule is meant. */
  readonly at?: number | KeyPath;
  readonly message: string;
}

/** What each warning is about, as `--json` and SARIF name it. */
export const WARNINGS = {
  "unknown-key": "A key that no rule file has",
  "unused-key": "A key that is read by Kibana and not here",
  "unknown-field": "A field that no known mapping names",
  "unmapped-field": "A field that the rule's indices do not have",
  "unknown-pattern": "A pattern of field names that no known mapping fits",
  "unknown-value": "A value that ECS does not have for the field",
  "case-never-matches": "A value in another case than the field can have",
  "matches-everything": "A query that every event matches",
  "matches-nothing": "A query that no event matches",
  "always-true": "A clause that always holds",
  "never-true": "A clause that never holds",
  "lucene-syntax": "Lucene query syntax, which is text in KQL",
  "typographic-quote": "A quotation mark that is no quote in KQL",
  "literal-wildcard": "A wildcard that is text in KQL",
  "wildcard-in-text": "A star in text that is a wildcard all the same",
  "line-end-in-value": "A value that goes over a line end or tab",
  "boolean-as-text": "A boolean asked of a text field",
  "range-by-spelling": "A range over text, which goes by spelling",
  "clock-in-query": "A clause on the time that arrival stands for",
  "value-too-long": "A value longer than the field indexes",
  deprecated: "A rule that Elastic has deprecated",
  "kibana-alerts": "A rule over Kibana's own alerts",
  "when-enabled": "A disabled rule that could not run if it were enabled",
  "exception-incomplete": "An exception without an expiry, an owner or a reason",
  "exception-expired": "An exception that expired",
  "exception-unused": "An exception that no rule has, or that is for a rule that is not there",
  "exception-hides-everything": "An exception that hides whatever the rule matches",
  "more-warnings": "More warnings than are listed",
} as const;

export type WarningCode = keyof typeof WARNINGS;
