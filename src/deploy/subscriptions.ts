import { createHash } from "node:crypto";
import type { JsonObject, Resource } from "./cloudformation.ts";
import type { Settings } from "./settings.ts";

/** The subscriptions that a stage's settings name, each under an id of its own endpoint: their order does not matter. */
export function subscriptionsOf({ findings, operations }: Settings): Readonly<Record<string, Resource>> {
  const resources: Record<string, Resource> = {};
  for (const endpoint of operations.email) {
    resources[idOf("Operations", "email", endpoint)] = subscription("OperationsTopic", "email", endpoint, {});
  }
  for (const { protocol, endpoint, severity, rules } of findings.subscriptions) {
    const policy = {
      // The canary's findings are for its alarm, not for people.
      type: [{ "anything-but": ["canary"] }],
      ...(severity === undefined ? {} : { severity }),
      ...(rules === undefined ? {} : { rule_id: rules }),
    };
    resources[idOf("Findings", protocol, endpoint)] = subscription("FindingsTopic", protocol, endpoint, {
      FilterPolicy: policy,
      FilterPolicyScope: "MessageAttributes",
      RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["FindingsDeadLetterQueue", "Arn"] } },
    });
  }
  for (const { protocol, endpoint, format, severity, rules, tags } of findings.notify) {
    const policy = {
      ...(severity === undefined ? {} : { severity }),
      ...(rules === undefined ? {} : { rule_id: rules }),
      ...(tags === undefined ? {} : { tags }),
    };
    const filter =
      Object.keys(policy).length === 0 ? {} : { FilterPolicy: policy, FilterPolicyScope: "MessageAttributes" };
    const topic = format === "email" ? "EmailTopic" : "ChatTopic";
    resources[idOf(topic.replace("Topic", ""), protocol, endpoint)] = subscription(topic, protocol, endpoint, filter);
  }
  return resources;
}

function idOf(topic: string, protocol: string, endpoint: string): string {
  const digest = createHash("sha256").update(`${protocol} ${endpoint}`).digest("hex");
  return `${topic}Subscription${digest.slice(0, 12)}`;
}

function subscription(topic: string, protocol: string, endpoint: string, more: JsonObject): Resource {
  return {
    Type: "AWS::SNS::Subscription",
    Properties: { TopicArn: { Ref: topic }, Protocol: protocol, Endpoint: endpoint, ...more },
  };
}
