import { parseAddress } from "../ecs/ip.ts";
import { parseDate } from "../ecs/iso-date.ts";
import { type EcsEvent, isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { type Origin, type Origins, originsOf } from "../ecs/origin.ts";
import { type Draft, put, putLazily, textAt, valueAt } from "./document.ts";
import { emptyInKubernetes as isEmpty, kept } from "./empties.ts";

/** What each event of the data stream has, as Elastic's integration sets it. */
const CONSTANTS: readonly (readonly [to: string, value: string])[] = [
  ["data_stream.type", "logs"],
  ["data_stream.dataset", "kubernetes.audit_logs"],
  ["data_stream.namespace", "default"],
  ["event.module", "kubernetes"],
  ["event.dataset", "kubernetes.audit_logs"],
  ["event.kind", "event"],
  ["orchestrator.type", "kubernetes"],
];

/** Values written as they are, beside `kubernetes.audit`, which has them all. */
const COPIED: readonly (readonly [from: string, to: string])[] = [
  ["verb", "event.action"],
  ["user.username", "user.name"],
  ["user.uid", "user.id"],
  ["userAgent", "user_agent.original"],
  ["apiVersion", "orchestrator.api_version"],
  ["objectRef.resource", "orchestrator.resource.type"],
  ["objectRef.namespace", "orchestrator.namespace"],
  ["objectRef.name", "orchestrator.resource.name"],
];

const OUTCOMES = new Map([
  ["allow", "success"],
  ["forbid", "failure"],
]);

const ADDRESSES = ["source.ip", "client.ip", "related.ip"];
const WITHOUT_METADATA = ["requestObject", "responseObject"];
const CLUSTER = /^\/aws\/eks\/([^/]+)\/cluster$/;

/**
 * A Kubernetes audit event as Elastic's pipeline makes it.
 * @param logGroup where CloudWatch Logs had it: EKS names its cluster nowhere else
 * @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */
export function fromKubernetesAudit(raw: JsonObject, logGroup: string | undefined): EcsEvent {
  const draft: Draft = {};
  const at = (path: string) => kept(valueAt(raw, path), isEmpty);
  put(draft, "@timestamp", timeOf(textAt(raw, "stageTimestamp") ?? textAt(raw, "requestReceivedTimestamp")));
  for (const [name, value] of CONSTANTS) put(draft, name, value);
  putLazily(draft, "event.original", () => JSON.stringify(raw));
  for (const [from, to] of COPIED) put(draft, to, at(from));
  const annotations = valueAt(raw, "annotations");
  const decision = isObject(annotations) ? ownValue(annotations, "authorization.k8s.io/decision") : undefined;
  put(draft, "event.outcome", typeof decision === "string" ? OUTCOMES.get(decision) : undefined);
  const addresses = at("sourceIPs");
  if (areAddresses(addresses)) for (const name of ADDRESSES) put(draft, name, addresses);
  const users = [at("user.uid"), at("user.username")].filter((value) => typeof value === "string");
  if (users.length > 0) put(draft, "related.user", [...new Set(users)]);
  if (logGroup !== undefined) put(draft, "cloud.provider", "aws");
  put(draft, "orchestrator.cluster.name", logGroup === undefined ? undefined : CLUSTER.exec(logGroup)?.[1]);
  put(draft, "kubernetes.audit", kept(audit(raw), isEmpty));
  return draft;
}

function timeOf(text: string | undefined): string | undefined {
  const ms = text?.includes("-") === true ? parseDate(text) : undefined;
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function areAddresses(value: JsonValue | undefined): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.every((each: JsonValue) => typeof each === "string" && parseAddress(each) !== undefined)
  );
}

/** The event under its own names, but for those of annotations, in whose names a dot would be a level. */
function audit(raw: JsonObject): JsonObject {
  const members = Object.entries(raw).map(([key, value]): [string, JsonValue] => {
    if (!isObject(value)) return [key, value];
    if (key === "annotations") {
      return [key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name.replaceAll(".", "_"), each]))];
    }
    if (!WITHOUT_METADATA.includes(key)) return [key, value];
    const { metadata: _, ...rest } = value;
    return [key, rest];
  });
  return Object.fromEntries(members);
}

const origins = originsOf(
  new Map<string, Origin>([
    ...CONSTANTS.map(([name, value]): [string, Origin] => [name, { kind: "constant", value }]),
    ...COPIED.map(([from, to]): [string, Origin] => [to, { kind: "copied", from: [from] }]),
    ...ADDRESSES.map((name): [string, Origin] => [name, { kind: "copied", from: ["sourceIPs"] }]),
    ["related.user", { kind: "copied", from: ["user.uid", "user.username"] }],
    ["@timestamp", { kind: "made", from: [] }],
    ["event.original", { kind: "made", from: [] }],
    ["event.outcome", { kind: "made", from: ["annotations"] }],
    ["cloud.provider", { kind: "made", from: [] }],
    ["orchestrator.cluster.name", { kind: "made", from: [] }],
    ["kubernetes.audit", { kind: "made", from: [] }],
  ]),
);

const AUDIT = "kubernetes.audit.";
const ANNOTATIONS = `${AUDIT}annotations`;

/** Where the values of each field come from: of which texts must stand in the raw event where a rule asks for them. */
export const kubernetesAuditOrigins: Origins = (name) => {
  // Their own names are changed.
  if (name === ANNOTATIONS || name.startsWith(`${ANNOTATIONS}.`)) return { kind: "copied", from: ["annotations"] };
  return name.startsWith(AUDIT) ? { kind: "copied", from: [name.slice(AUDIT.length)] } : origins(name);
};
