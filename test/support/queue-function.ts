import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";

// Before a function's logger is made: it writes to the global console then, which can be listened to. The test runner
// reports by standard output, which must not be held back.
process.env["POWERTOOLS_DEV"] = "true";

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

export interface Outcome {
  /** Ids of messages left in the queue, sorted. */
  readonly left: readonly string[];
  readonly logged: string;
}

/** One invocation of a function that reads a queue. @param remaining ms that it has */
export async function invoked(handler: Handler, Records: SQSRecord[], remaining = 60_000): Promise<Outcome> {
  const context = {
    functionName: "f",
    awsRequestId: "r",
    invokedFunctionArn: "arn:aws:lambda:eu-west-1:444455556666:function:f",
    getRemainingTimeInMillis: () => remaining,
  } as Context;
  const lines: string[] = [];
  const names = ["log", "info", "warn", "error", "debug"] as const;
  const before = names.map((name) => console[name]);
  for (const name of names) console[name] = (...parts: unknown[]) => void lines.push(parts.map(String).join(" "));
  try {
    const { batchItemFailures } = await handler({ Records }, context);
    return { left: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort(), logged: lines.join("\n") };
  } finally {
    for (const [index, name] of names.entries()) console[name] = before[index] ?? console[name];
  }
}

export const idsOf = (records: readonly SQSRecord[]): string[] => records.map(({ messageId }) => messageId).sort();
