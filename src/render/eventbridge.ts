import { firstOf, ownText, ownTime, type Published } from "./published.ts";

/** An entry of PutEvents, but for the bus. */
export interface EventBridgeEntry {
  readonly Source: "firstsight";
  readonly DetailType: string;
  /** The finding, as it was published. */
  readonly Detail: string;
  /** ARNs of what the finding is about, where the event names them. */
  readonly Resources: readonly string[];
  /** ISO; EventBridge keeps whole seconds of it. */
  readonly Time: string;
}

const DETAIL_TYPES: Readonly<Record<string, string>> = {
  overflow: "New Terms Overflow",
  suppression: "New Terms Suppression",
};

/**
 * A finding as an event of EventBridge. It keeps no event from coming twice: consumers deduplicate on
 * `detail["kibana.alert.uuid"]`.
 * @param body as it was published, which is the detail
 */
export function eventBridgeOf(finding: Published, body: string): EventBridgeEntry {
  const type = ownText(finding, "new_terms_stream.type");
  return {
    Source: "firstsight",
    DetailType: (Object.hasOwn(DETAIL_TYPES, type) ? DETAIL_TYPES[type] : undefined) ?? "New Terms Finding",
    Detail: body,
    Resources: [instanceArn(finding)].filter((arn) => arn !== undefined),
    Time: new Date(ownTime(finding, "@timestamp") ?? 0).toISOString(),
  };
}

/** The ARN of the EC2 instance that the event is of; undefined where it does not name one, or names none that can be. */
export function instanceArn(finding: Published): string | undefined {
  const [id = "", account = "", region = ""] = ["cloud.instance.id", "cloud.account.id", "cloud.region"].map((field) =>
    firstOf(finding, field),
  );
  const isOne =
    /^i-[0-9a-f]{8,32}$/.test(id) && /^\d{12}$/.test(account) && /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region);
  return isOne ? `arn:${partitionOf(region)}:ec2:${region}:${account}:instance/${id}` : undefined;
}

/** The partition that a Region is of. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
