import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";

/**
 * The documents of one that is a bag of them, or undefined: a file of CloudTrail's, `{"Records":[…]}`, and what a
 * Kubernetes API server sends to a webhook, an `EventList`. The first element tells.
 */
export function bagged(value: JsonObject): readonly JsonValue[] | undefined {
  if (Object.hasOwn(value, "Records")) {
    const { Records: records } = value;
    const isFile = Array.isArray(records) && Object.keys(value).length === 1 && isCloudTrailRecord(records[0]);
    return isFile ? records : undefined;
  }
  if (!Object.hasOwn(value, "items") || value["kind"] !== "EventList") return undefined;
  const { items, apiVersion } = value;
  const isAudit = typeof apiVersion === "string" && apiVersion.startsWith("audit.k8s.io/");
  return isAudit && Array.isArray(items) && items.length > 0 ? items : undefined;
}

const NAMES = ["eventVersion", "eventSource", "eventName"];

/** Lambda's payloads of other services are `Records` too, with the same names: their `eventSource` begins with `aws:`. */
export function isCloudTrailRecord(element: JsonValue | undefined): boolean {
  if (!isObject(element)) return false;
  if (Object.hasOwn(element, "insightDetails")) return isObject(element["insightDetails"]);
  const source = NAMES.every((name) => Object.hasOwn(element, name)) ? element["eventSource"] : undefined;
  return typeof source === "string" && !source.startsWith("aws:");
}
