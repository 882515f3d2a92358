import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import type { RuleCounts } from "../detect/rule-counts.ts";
import { type FunctionKind, METRICS } from "./metrics.ts";

const logger = new Logger({ serviceName: "firstsight" });
const metrics = new Metrics({ namespace: "firstsight", serviceName: "firstsight" });

/** Logs what failed, by name and message: never an event's body. */
export function logError(error: unknown): void {
  if (!(error instanceof Error)) {
    logger.error("failed", { reason: String(error) });
    return;
  }
  // DynamoDB says which of its limits was hit: a hot key wants a cache, an account limit a quota.
  const reasons = "throttlingReasons" in error ? { throttlingReasons: error.throttlingReasons } : {};
  logger.error(error.message, { name: error.name, ...reasons });
}

export function logWarning(message: string, details: Record<string, string | number>): void {
  logger.warn(message, details);
}

/** Says what an invocation did, where no alarm reads it: a line for Logs Insights, which costs no metric. */
export function logCounts(counts: Readonly<Record<string, number>>): void {
  logger.info("done", counts);
}

/** Rules of which a line tells; a handful of them match in a batch. */
const MAX_RULES = 20;
const MAX_RULE_ID_LENGTH = 64;

/**
 * Writes the invocation's counts as one line of embedded metrics, without dimensions that an input could multiply. What
 * METRICS does not name is a property of the line; so are the counts of the rules that found most.
 */
export function writeMetrics(kind: FunctionKind, counts: object, context: Context, rules?: RuleCounts): void {
  const names = METRICS[kind];
  for (const [name, value] of Object.entries(counts)) {
    if (!names.includes(name)) addProperty(name, value);
    else metrics.addMetric(name, name.endsWith("Seconds") ? MetricUnit.Seconds : MetricUnit.Count, Number(value));
  }
  metrics.addDimension("function", context.functionName);
  metrics.addMetadata("requestId", context.awsRequestId);
  const most = rules?.most() ?? [];
  if (most.length > 0) {
    const told = most.slice(0, MAX_RULES).map((rule) => ({ ...rule, id: rule.id.slice(0, MAX_RULE_ID_LENGTH) }));
    addProperty("rules", told);
  }
  if (most.length > MAX_RULES) addProperty("rulesUntold", most.length - MAX_RULES);
  metrics.publishStoredMetrics();
  metrics.clearDimensions();
}

/** The library means text, and writes any JSON as it is. */
function addProperty(name: string, value: unknown): void {
  metrics.addMetadata(name, value as string);
}
