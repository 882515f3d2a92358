import { isObject, type JsonObject, type JsonValue } from "../../src/ecs/json.ts";
import { isLeaf, leafText } from "../../src/ecs/leaf.ts";
import type { Origins } from "../../src/ecs/origin.ts";
import type { InventedNetworks } from "./invented-networks.ts";

/** Pseudo-random numbers in [0, 1) that are the same for a seed. */
type Random = () => number;
type Draft = Record<string, JsonValue>;

const CALL: JsonObject = {
  eventVersion: "1.11",
  eventTime: "2026-02-03T10:11:12Z",
  eventSource: "sts.amazonaws.com",
  eventName: "GetCallerIdentity",
  eventID: "5f0c1de0-0000-4000-8000-000000000001",
  awsRegion: "eu-west-1",
  sourceIPAddress: "203.0.113.24",
  userAgent: "aws-cli/2.22.1",
  managementEvent: true,
};

const AUDIT: JsonObject = {
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  auditID: "5f0c1de0-0000-4000-8000-000000000002",
  stage: "ResponseComplete",
  verb: "get",
  userAgent: "kubectl/v1.31.0",
  stageTimestamp: "2026-02-03T10:11:12.200002Z",
  annotations: { "authorization.k8s.io/decision": "allow" },
};

/**
 * A raw document that becomes the wanted event, as far as its fields come from anywhere and this simple mind can tell.
 * @param networks where there are any: they come to know the ones that are wanted
 */
export function rawDocument(
  wanted: JsonObject,
  dataStream: string,
  origins: Origins,
  random: Random,
  networks?: InventedNetworks,
): JsonObject {
  const raw = structuredClone(dataStream.includes("kubernetes") ? AUDIT : CALL) as Draft;
  if (dataStream.includes("cloudtrail")) raw["userIdentity"] = { type: "IAMUser", accountId: "210987654321" };
  const system: { number?: number; organization?: string } = {};
  for (const [name, value] of leavesOf(wanted, "")) {
    if (name.startsWith("source.as.")) {
      const text = isLeaf(value) ? leafText(value) : "";
      if (name === "source.as.number" && Number(text) >>> 0 === Number(text)) system.number = Number(text);
      if (name.startsWith("source.as.organization.name") && text !== "") system.organization = text;
      continue;
    }
    const origin = origins(name);
    if (origin === undefined || origin.kind === "constant") continue;
    const from = origin.from[Math.floor(random() * origin.from.length)];
    if (from === undefined) {
      if (name === "event.outcome" && value === "failure") raw["errorCode"] = "AccessDenied";
      if (name === "cloud.service.name") raw["eventSource"] = `${String(value)}.amazonaws.com`;
      if (name === "user.email") put(raw, ["userIdentity", "userName"], value);
    } else if (name.startsWith("kubernetes.audit.annotations.")) {
      put(raw, ["annotations", name.slice("kubernetes.audit.annotations.".length).replaceAll("_", ".")], value);
    } else if (from === "requestParameters") put(raw, ["requestParameters"], { ofAny: { key: value } });
    else if (from === "sourceIPs") put(raw, [from], Array.isArray(value) ? value : [value]);
    else if (from.startsWith("resources.")) raw["resources"] = [{ [from.slice("resources.".length)]: value }];
    else put(raw, from.split("."), value);
  }
  if (networks !== undefined && Object.keys(system).length > 0) raw["sourceIPAddress"] = networks.addressIn(system);
  return raw;
}

function* leavesOf(value: JsonObject, prefix: string): Generator<readonly [string, JsonValue]> {
  for (const [key, inner] of Object.entries(value)) {
    if (isObject(inner)) yield* leavesOf(inner, `${prefix}${key}.`);
    else yield [prefix + key, inner];
  }
}

function put(object: Draft, [key = "", ...rest]: readonly string[], value: JsonValue): void {
  if (key === "__proto__") return;
  if (rest.length === 0) object[key] = value;
  else {
    const inner = object[key];
    const open: Draft = isObject(inner) ? (inner as Draft) : {};
    object[key] = open;
    put(open, rest, value);
  }
}
