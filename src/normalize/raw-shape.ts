import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";

/** Shapes that a normaliser takes. */
const NORMALISED = ["cloudtrail", "cloudtrail_insight", "cloudtrail_digest", "kubernetes_audit"] as const;

/** Shapes that are known to be no ECS, and that nobody here makes ECS of. */
const UNNORMALISED = [
  "azure",
  "eventbridge",
  "gcp",
  "github",
  "google_workspace",
  "o365",
  "ocsf",
  "okta",
  "s3_notification",
  "vpc_flow",
  "windows",
] as const;

export type NormalisedShape = (typeof NORMALISED)[number];
type UnnormalisedShape = (typeof UNNORMALISED)[number];
export type RawShape = NormalisedShape | UnnormalisedShape;

/** What people call it. */
export const SHAPE_NAMES: Readonly<Record<RawShape, string>> = {
  cloudtrail: "CloudTrail",
  cloudtrail_insight: "CloudTrail Insights",
  cloudtrail_digest: "a CloudTrail digest",
  kubernetes_audit: "Kubernetes audit",
  azure: "Azure logs",
  eventbridge: "EventBridge, of no CloudTrail event",
  gcp: "Google Cloud logs",
  github: "GitHub audit",
  google_workspace: "Google Workspace reports",
  o365: "Microsoft 365 audit",
  ocsf: "OCSF, as Security Lake has it",
  okta: "Okta system log",
  s3_notification: "S3 notifications, and not what lies in S3",
  vpc_flow: "VPC flow logs",
  windows: "Windows event log",
};

export function isNormalised(shape: RawShape): shape is NormalisedShape {
  return (NORMALISED as readonly string[]).includes(shape);
}

/** What a document is: of a raw shape, or undefined for ECS and for what nobody knows. */
export interface Recognised {
  readonly shape: RawShape;
  /** The document itself, or what EventBridge wraps. */
  readonly raw: JsonObject;
}

/**
 * Which raw shape a document has, told by looking at it: by names and types that no ECS document has, and by enough of
 * them to be sure.
 */
export function recognised(document: JsonObject): Recognised | undefined {
  if (isEcs(document)) return isGitHub(document) ? { shape: "github", raw: document } : undefined;
  const shape = shapeOf(document);
  if (shape !== undefined) return { shape, raw: document };
  if (!isText(document, "detail-type") || !isText(document, "source")) return undefined;
  const detail = own(document, "detail");
  if (!isObject(detail)) return undefined;
  const inner = isEcs(detail) ? undefined : shapeOf(detail);
  return inner === undefined ? { shape: "eventbridge", raw: document } : { shape: inner, raw: detail };
}

/** Top-level names of ECS that no raw shape has. */
const ECS_NAMES = ["@timestamp", "ecs", "data_stream"];
const ECS_PREFIXES = ["event.", "data_stream.", "aws.cloudtrail", "kubernetes.audit"];

function isEcs(document: JsonObject): boolean {
  if (ECS_NAMES.some((name) => Object.hasOwn(document, name))) return true;
  if (isObject(own(document, "event"))) return true;
  const [aws, kubernetes] = [own(document, "aws"), own(document, "kubernetes")];
  if (isObject(aws) && Object.hasOwn(aws, "cloudtrail")) return true;
  if (isObject(kubernetes) && Object.hasOwn(kubernetes, "audit")) return true;
  return Object.keys(document).some((key) => key.includes(".") && ECS_PREFIXES.some((start) => key.startsWith(start)));
}

type Test = (document: JsonObject) => boolean;

const isCloudTrail: Test = (document) => {
  const source = own(document, "eventSource");
  return (
    typeof source === "string" &&
    // Lambda's payloads of other services have the same names.
    !source.startsWith("aws:") &&
    areTexts(document, "eventVersion", "eventTime", "eventName") &&
    (isObject(own(document, "userIdentity")) || isText(document, "eventID"))
  );
};

const isInsight: Test = (document) =>
  isObject(own(document, "insightDetails")) &&
  (own(document, "eventType") === "AwsCloudTrailInsight" || own(document, "eventCategory") === "Insight");

const isDigest: Test = (document) =>
  areTexts(document, "awsAccountId", "digestStartTime", "digestEndTime", "digestS3Bucket");

const isKubernetesAudit: Test = (document) => {
  const version = own(document, "apiVersion");
  return (
    own(document, "kind") === "Event" &&
    typeof version === "string" &&
    version.startsWith("audit.k8s.io/") &&
    isText(document, "auditID")
  );
};

/** GitHub's own stamp is a number of milliseconds, under the name of ECS's. */
const isGitHub: Test = (document) =>
  areTexts(document, "_document_id", "action") &&
  typeof own(document, "@timestamp") !== "string" &&
  !Object.hasOwn(document, "ecs") &&
  !Object.hasOwn(document, "data_stream");

const isWindows: Test = (document) => {
  const event = own(document, "Event");
  if (isObject(event)) return isObject(own(event, "System"));
  return (
    Object.hasOwn(document, "EventID") &&
    isText(document, "Channel") &&
    ["Computer", "Hostname", "ProviderName", "SourceName"].some((name) => isText(document, name))
  );
};

const isOcsf: Test = (document) =>
  typeof own(document, "class_uid") === "number" &&
  typeof own(document, "category_uid") === "number" &&
  isObject(own(document, "metadata"));

const isS3Notification: Test = (document) => {
  const records = own(document, "Records");
  const first = Array.isArray(records) ? (records[0] as JsonValue | undefined) : undefined;
  return isObject(first) && own(first, "eventSource") === "aws:s3" && isObject(own(first, "s3"));
};

const TESTS: readonly (readonly [RawShape, Test])[] = [
  ["cloudtrail", isCloudTrail],
  ["cloudtrail_insight", isInsight],
  ["cloudtrail_digest", isDigest],
  ["kubernetes_audit", isKubernetesAudit],
  ["windows", isWindows],
  ["okta", (document) => areTexts(document, "uuid", "published", "eventType", "displayMessage")],
  ["github", isGitHub],
  ["gcp", (document) => areTexts(document, "logName", "insertId") && isObject(own(document, "resource"))],
  ["azure", (document) => areTexts(document, "time", "operationName", "category") && hasAzureOwner(document)],
  ["o365", (document) => areTexts(document, "CreationTime", "Operation", "Workload", "OrganizationId")],
  ["google_workspace", (document) => own(document, "kind") === "admin#reports#activity"],
  ["ocsf", isOcsf],
  ["vpc_flow", (document) => areTexts(document, "srcaddr", "dstaddr") && hasInterface(document)],
  ["s3_notification", isS3Notification],
];

function shapeOf(document: JsonObject): RawShape | undefined {
  return TESTS.find(([, holds]) => holds(document))?.[0];
}

function hasAzureOwner(document: JsonObject): boolean {
  return isText(document, "resourceId") || isText(document, "tenantId");
}

function hasInterface(document: JsonObject): boolean {
  return ["interface_id", "interface-id", "interfaceId"].some((name) => isText(document, name));
}

function areTexts(document: JsonObject, ...names: readonly string[]): boolean {
  return names.every((name) => isText(document, name));
}

function isText(document: JsonObject, name: string): boolean {
  return typeof own(document, name) === "string";
}

function own(document: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}
