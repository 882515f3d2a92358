import type { Json } from "./cloudformation.ts";
import type { Settings } from "./settings.ts";

/** What stands for a resource that is not made: for a `Ref` to it, and for each attribute. */
export type Existing = Readonly<Record<string, { readonly Ref: Json; readonly [attribute: string]: Json }>>;

/** What a stage has already, by the logical id that infra/*.yml gives it. */
export function existingOf({ stream, history, findings, operations }: Settings): Existing {
  const existing: Record<string, Existing[string]> = {};
  if (stream?.arn !== undefined) existing["EventStream"] = { Ref: lastOf(stream.arn, "/"), Arn: stream.arn };
  if (history.table !== undefined) {
    const [partition, region, account] = ["Partition", "Region", "AccountId"].map((name) => `\${AWS::${name}}`);
    const arn = `arn:${partition}:dynamodb:${region}:${account}:table/${history.table}`;
    existing["HistoryTable"] = { Ref: history.table, Arn: { "Fn::Sub": arn } };
  }
  if (findings.kmsKey !== undefined) {
    existing["FindingsKey"] = { Ref: lastOf(findings.kmsKey, "/"), Arn: findings.kmsKey };
  }
  if (operations.topic !== undefined) {
    existing["OperationsTopic"] = {
      Ref: operations.topic,
      TopicArn: operations.topic,
      TopicName: lastOf(operations.topic, ":"),
    };
  }
  return existing;
}

function lastOf(arn: string, separator: string): string {
  return arn.slice(arn.lastIndexOf(separator) + 1);
}
