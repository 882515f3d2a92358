import type { RawShape } from "../normalize/raw-shape.ts";

/** What a replay found. Times are ISO 8601, days `YYYY-MM-DD` in UTC. Values of events are as they came: whoever shows them makes them inert. */
export interface ReplayResult {
  /** Times of the first and the last event that a rule matched; none where nothing matched. */
  readonly from?: string;
  readonly to?: string;
  /** End of what only taught the history. */
  readonly learnUntil?: string;
  /** Lines and documents read, and what they came to. */
  readonly lines: number;
  readonly events: number;
  /** Lines, and log events of an envelope on a line, passed over unparsed: they hold nothing that any rule could match. */
  readonly skipped: number;
  readonly rejected: number;
  /** Why, by reason. */
  readonly rejections: Readonly<Record<string, number>>;
  /** Events that came raw, by shape; of lines that are passed over a few are looked at. */
  readonly rawShapes: Readonly<Partial<Record<RawShape, number>>>;
  /** Matches without a time of their own. */
  readonly untimed: number;
  /** Matches outside `--from` and `--to`. */
  readonly outside: number;
  readonly matched: number;
  /** Of these, the ones that an exception hides. */
  readonly excepted: number;
  readonly findings: number;
  readonly rules: readonly RuleResult[];
}

export interface RuleResult {
  readonly ruleId: string;
  readonly name: string;
  readonly path: string;
  readonly severity: string;
  readonly windowMs: number;
  readonly fields: readonly string[];
  readonly matched: number;
  /** Of these, the ones that an exception hides: neither findings nor history. */
  readonly excepted: number;
  /** Each of the rule's exceptions, those included that hid nothing. */
  readonly exceptions: readonly ExceptionResult[];
  readonly withoutTerms: number;
  /** Of these, by the field that was missing. */
  readonly missing: Readonly<Record<string, number>>;
  /** Fields the rule reads that none of the events looked through for it had; absent where it matched. */
  readonly unseen?: readonly string[];
  readonly sightings: number;
  readonly combinations: number;
  readonly learned: number;
  /** Those published at once. */
  readonly findings: number;
  /** Where the rule suppresses: how many were counted into windows, and the closing messages that list them. */
  readonly suppression?: { readonly suppressed: number; readonly closings: number };
  /** Each day from the first event to the last. */
  readonly days: readonly Day[];
  /** The combinations that cause most findings, then most sightings; ten at most. */
  readonly top: readonly TopCombination[];
  /** The hosts that cause most findings; ten at most. One without a name where findings are not written out. */
  readonly hosts: readonly TopHost[];
}

export interface ExceptionResult {
  readonly name: string;
  readonly itemId?: string;
  /** Where it is written. */
  readonly path: string;
  readonly line: number;
  readonly expires?: string;
  /** Matches that it hides; what several hide is counted of the first. */
  readonly excepted: number;
}

export interface Day {
  readonly day: string;
  readonly findings: number;
  /** Combinations learned. */
  readonly learned: number;
  readonly isLearning: boolean;
}

export interface TopCombination {
  readonly terms: readonly string[];
  readonly findings: number;
  readonly sightings: number;
}

interface TopHost {
  readonly host: string;
  readonly findings: number;
}

/** A finding of a replay, with where its event stands. */
export interface ReplayFinding {
  readonly ruleId: string;
  readonly terms: readonly string[];
  /** When the event counts. */
  readonly at: string;
  readonly source: string;
  readonly line: number;
  /** As it would be published: JSON. */
  readonly body: string;
}
