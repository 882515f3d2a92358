import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";

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

/** Writes the invocation's counts as one line of embedded metrics, without dimensions that an input could multiply. */
export function writeMetrics(counts: object, context: Context): void {
  for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, Number(value));
  metrics.addDimension("function", context.functionName);
  metrics.addMetadata("requestId", context.awsRequestId);
  metrics.publishStoredMetrics();
  metrics.clearDimensions();
}
