import type { RuleFile } from "./schema.ts";

/** An Elastic rule, with Elastic's names for its fields, and where it was read. */
export type Rule = RuleFile["rule"] & {
  readonly path: string;
  /** The rule file's `updated_date`: the only version a rule file carries. */
  readonly version: string;
  /** How far history counts, in milliseconds: the distance of `history_window_start` from now. */
  readonly windowMs: number;
  readonly metadata: RuleFile["metadata"];
};

/** Why a rule cannot be run, where the reason is not in its query. */
export class RuleFieldError extends Error {
  /** The rule's key that is to blame. */
  readonly key: string;

  constructor(key: string, reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "RuleFieldError";
    this.key = key;
  }
}

/** One reason why a rule file cannot be run, and where in it. Line and column are 1-based. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/**
 * `toml`: not a TOML file. `schema`: a key that is missing, or has another form. `setting`: a value this engine cannot
 * run. `unknown-key`: a misspelt key that would change what the rule finds. `kibana-form`: a key as Kibana's API has it.
 * `query-syntax`: not KQL. `query`: KQL that cannot be run. `duplicate-id`: another rule's, or another exception's.
 * `json`: a line that is not JSON. `exception`: an exception that cannot be applied exactly.
 */
export type RefusalCode =
  | "toml"
  | "schema"
  | "setting"
  | "unknown-key"
  | "kibana-form"
  | "query-syntax"
  | "query"
  | "duplicate-id"
  | "json"
  | "exception";

/** Why a rule file cannot be run: every reason that could be found, with the first one's place. */
export class RuleError extends Error {
  readonly code = "RULE";
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly refusals: readonly Refusal[];

  constructor(path: string, reasons: readonly Refusal[], cause?: unknown) {
    const refusals = reasons.toSorted((a, b) => a.line - b.line || a.column - b.column);
    super(refusals.map(({ line, column, reason }) => `${path}:${line}:${column}: ${reason}`).join("\n"), { cause });
    this.name = "RuleError";
    this.path = path;
    this.line = refusals[0]?.line ?? 1;
    this.column = refusals[0]?.column ?? 1;
    this.refusals = refusals;
  }
}
