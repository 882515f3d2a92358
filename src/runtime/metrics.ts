/** Of a function that runs the rules. */
const DETECTION = [
  "records",
  "documents",
  "unread",
  "quarantined",
  "cut",
  "quarantineFailed",
  "unnormalised",
  "matched",
  "withoutTerms",
  "known",
  "new",
  "pending",
  "undecided",
] as const;

/**
 * The counts that are metrics, by function: those that an alarm or the dashboard reads, since each is paid for by the
 * month. All others are properties of the same line, for Logs Insights.
 */
export const METRICS: Readonly<Record<FunctionKind, readonly string[]>> = {
  kinesis: [...DETECTION, "canary", "canaryDelay"],
  firehose: [...DETECTION, "parked", "parkFailed"],
  retry: ["undecided", "new", "oldestSeconds"],
  sweep: ["published", "pending", "overdueSeconds"],
};

/** As serverless.yml calls them. */
export type FunctionKind = "kinesis" | "firehose" | "retry" | "sweep";
