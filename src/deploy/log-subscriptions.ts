import { createHash } from "node:crypto";
import type { Resource } from "./cloudformation.ts";
import type { Settings } from "./settings.ts";

/** Of a control plane's log group the audit events; its other logs are plain text. */
const AUDIT_ONLY = '{ $.auditID = "*" }';

/** The subscription filters that put a stage's log groups on its stream, each under an id of its own group. */
export function logSubscriptionsOf({ sources: { logGroups } }: Settings): Readonly<Record<string, Resource>> {
  return Object.fromEntries(
    logGroups.map((name): [string, Resource] => [
      `LogSubscription${createHash("sha256").update(name).digest("hex").slice(0, 12)}`,
      {
        Type: "AWS::Logs::SubscriptionFilter",
        Properties: {
          LogGroupName: name,
          FilterPattern: isControlPlane(name) ? AUDIT_ONLY : "",
          DestinationArn: { "Fn::GetAtt": ["EventStream", "Arn"] },
          RoleArn: { "Fn::GetAtt": ["LogsToStreamRole", "Arn"] },
          // By log stream all of a trail's Region would go to one shard.
          Distribution: "Random",
        },
      },
    ]),
  );
}

function isControlPlane(name: string): boolean {
  return name.startsWith("/aws/eks/") && name.endsWith("/cluster");
}
