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

/** Why a rule file cannot be run, and where in it. Line and column are 1-based. */
export class RuleError extends Error {
  readonly code = "RULE";
  readonly path: string;
  readonly line: number;
  readonly column: number;

  constructor(
    path: string,
    place: { readonly line: number; readonly column: number },
    reason: string,
    cause?: unknown,
  ) {
    super(`${path}:${place.line}:${place.column}: ${reason}`, { cause });
    this.name = "RuleError";
    this.path = path;
    this.line = place.line;
    this.column = place.column;
  }
}
