import { parseAddress } from "../ecs/ip.ts";
import { parseDate } from "../ecs/iso-date.ts";
import { type EcsEvent, isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { type Origin, type Origins, originsOf } from "../ecs/origin.ts";
import { kindOf } from "./cloudtrail-actions.ts";
import { type Draft, lazily, once, put, putLazily, textAt, valueAt } from "./document.ts";
import { emptyInCloudTrail as isEmpty, kept } from "./empties.ts";
import { isIndexable, javaText } from "./java-text.ts";
import { autonomousSystemOf, hasNetworks } from "./networks.ts";

/** What each event of the data stream has, as Elastic's integration sets it. */
const CONSTANTS: readonly (readonly [to: string, value: string])[] = [
  ["data_stream.type", "logs"],
  ["data_stream.dataset", "aws.cloudtrail"],
  ["data_stream.namespace", "default"],
  ["event.module", "aws"],
  ["event.dataset", "aws.cloudtrail"],
  ["event.kind", "event"],
  ["cloud.provider", "aws"],
];

/** Values written as they are. Of several sources of one field the first that there is. */
const COPIED: readonly (readonly [from: string, to: string])[] = [
  ["eventID", "event.id"],
  ["eventName", "event.action"],
  ["eventSource", "event.provider"],
  ["awsRegion", "cloud.region"],
  ["userIdentity.accountId", "cloud.account.id"],
  ["recipientAccountId", "cloud.account.id"],
  ["userIdentity.principalId", "user.id"],
  ["userIdentity.type", "aws.cloudtrail.user_identity.type"],
  ["userIdentity.arn", "aws.cloudtrail.user_identity.arn"],
  ["userIdentity.accessKeyId", "aws.cloudtrail.user_identity.access_key_id"],
  ["userIdentity.invokedBy", "aws.cloudtrail.user_identity.invoked_by"],
  [
    "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "aws.cloudtrail.user_identity.session_context.mfa_authenticated",
  ],
  [
    "userIdentity.sessionContext.sessionIssuer.type",
    "aws.cloudtrail.user_identity.session_context.session_issuer.type",
  ],
  [
    "userIdentity.sessionContext.sessionIssuer.principalId",
    "aws.cloudtrail.user_identity.session_context.session_issuer.principal_id",
  ],
  ["userIdentity.sessionContext.sessionIssuer.arn", "aws.cloudtrail.user_identity.session_context.session_issuer.arn"],
  [
    "userIdentity.sessionContext.sessionIssuer.accountId",
    "aws.cloudtrail.user_identity.session_context.session_issuer.account_id",
  ],
  ["userIdentity.sessionContext.ec2RoleDelivery", "aws.cloudtrail.user_identity.session_context.ec2_role_delivery"],
  ["sourceIPAddress", "source.address"],
  ["userAgent", "user_agent.original"],
  ["errorCode", "aws.cloudtrail.error_code"],
  ["errorMessage", "aws.cloudtrail.error_message"],
  ["requestID", "aws.cloudtrail.request_id"],
  ["eventType", "aws.cloudtrail.event_type"],
  ["eventCategory", "aws.cloudtrail.event_category"],
  ["eventVersion", "aws.cloudtrail.event_version"],
  ["apiVersion", "aws.cloudtrail.api_version"],
  ["recipientAccountId", "aws.cloudtrail.recipient_account_id"],
  ["vpcEndpointId", "aws.cloudtrail.vpc_endpoint_id"],
  ["readOnly", "aws.cloudtrail.read_only"],
  // AWS writes sharedEventID, which Elastic does not read.
  ["sharedEventId", "aws.cloudtrail.shared_event_id"],
  ["requestParameters.userName", "user.target.name"],
  ["requestParameters.newUserName", "user.changes.name"],
  ["requestParameters.groupName", "group.name"],
  ["responseElements.user.userId", "user.target.id"],
  ["responseElements.group.groupId", "group.id"],
];

/** Objects: as a text, made when it is read, and whole under `flattened`. */
const PARAMETERS: readonly (readonly [from: string, to: string])[] = [
  ["requestParameters", "request_parameters"],
  ["responseElements", "response_elements"],
  ["additionalEventData", "additional_eventdata"],
  ["serviceEventDetails", "service_event_details"],
];

const ISSUER_NAME = "userIdentity.sessionContext.sessionIssuer.userName";
/** Identities whose name is their issuer's, and whose own is the session's. */
const SESSIONS = new Set(["AssumedRole", "FederatedUser"]);
const SESSION_ARNS = ["arn:aws:sts:", "arn:aws-us-gov:sts:"];

/** Under a digest's own names, and those of ECS. */
const DIGEST: readonly (readonly [from: string, to: string])[] = [
  ["awsAccountId", "cloud.account.id"],
  ["digestS3Object", "file.path"],
  ["digestS3Bucket", "aws.cloudtrail.flattened.digest.s3_bucket"],
  ["logFiles", "aws.cloudtrail.flattened.digest.log_files"],
  ["previousDigestS3Bucket", "aws.cloudtrail.flattened.digest.previous_s3_bucket"],
  ["previousDigestHashAlgorithm", "aws.cloudtrail.flattened.digest.previous_hash_algorithm"],
  ["digestSignatureAlgorithm", "aws.cloudtrail.flattened.digest.signature_algorithm"],
];
const DIGEST_TIMES: readonly (readonly [from: string, to: string])[] = [
  ["digestEndTime", "@timestamp"],
  ["digestEndTime", "aws.cloudtrail.flattened.digest.end_time"],
  ["digestStartTime", "aws.cloudtrail.flattened.digest.start_time"],
  ["newestEventTime", "aws.cloudtrail.flattened.digest.newest_event_time"],
  ["oldestEventTime", "aws.cloudtrail.flattened.digest.oldest_event_time"],
];

/** Whom an API call of IAM's is about. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  AttachRolePolicy: ["requestParameters.roleName"],
  ListAttachedRolePolicies: ["requestParameters.roleName"],
  UpdateAssumeRolePolicy: ["requestParameters.roleName"],
  AttachGroupPolicy: ["requestParameters.groupName"],
  AttachUserPolicy: ["requestParameters.policyArn", "requestParameters.userName"],
  CreateAccessKey: ["responseElements.accessKey.accessKeyId", "requestParameters.userName"],
  CreateUser: ["requestParameters.userName"],
  DeactivateMFADevice: ["requestParameters.userName"],
  DeleteVirtualMFADevice: ["requestParameters.serialNumber"],
  GetPolicy: ["requestParameters.policyArn"],
  CreatePolicy: ["responseElements.policy.arn"],
  ListRoles: ["recipientAccountId"],
  ListUsers: ["recipientAccountId"],
};
/** Targets that Elastic writes to a field of their kind, which no rule reads. */
const SPECIAL_TARGETS = /^(arn:|AKIA.{16}$|i-|sg-|sgr-|eni-|vpc-|subnet-|acl-|rtb-|igw-|nat-|vpce-|tgw-|pcx-)/;

const ENTITIES = ["userIdentity.accessKeyId", "userIdentity.arn", "userIdentity.userName"];
const ISSUER_ENTITIES = ["userIdentity.sessionContext.sessionIssuer.arn", ISSUER_NAME];
const ENTITIES_OF: Readonly<Record<string, readonly string[]>> = {
  "iam.amazonaws.com": [
    ...["userName", "serialNumber", "accessKeyId", "policyArn", "roleName", "policyName"].map(
      (name) => `requestParameters.${name}`,
    ),
    ...[
      "accessKey.userName",
      "accessKey.accessKeyId",
      "user.arn",
      "user.userId",
      "user.userName",
      "userId",
      "role.arn",
      "serialNumber",
    ].map((name) => `responseElements.${name}`),
  ],
  "sts.amazonaws.com": [
    "requestParameters.roleArn",
    "requestParameters.roleSessionName",
    "requestParameters.sourceIdentity",
    "additionalEventData.MFAIdentifier",
    "responseElements.assumedRoleUser.arn",
    "responseElements.accessKeyId",
  ],
};

/** Parts of an event that are made by themselves; every other first name is one, too. */
const TRAIL = "aws.cloudtrail";
const IDENTITY = `${TRAIL}.user_identity`;

/** The tables' rows by the part that they belong to, whose name is left off. */
const COPIED_INTO = byRoot(COPIED);
const CONSTANT_IN = byRoot(CONSTANTS.map(([to, value]) => [value, to] as const));

function byRoot(rows: readonly (readonly [value: string, to: string])[]) {
  const found = new Map<string, (readonly [value: string, to: string])[]>();
  for (const [value, to] of rows) {
    const own = [IDENTITY, TRAIL].find((part) => to.startsWith(`${part}.`));
    const root = own ?? to.slice(0, to.indexOf("."));
    found.set(root, [...(found.get(root) ?? []), [value, to.slice(root.length + 1)]]);
  }
  return found;
}

/**
 * A CloudTrail event or insight as Elastic's pipeline (aws 6.x) makes it, for the fields that rules and analysts read. Its
 * parts are made when they are first read: of most events a rule asks for the call's name alone.
 * Pure, but for the database of networks that its process may have; whatever types the event has, nothing throws.
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function fromCloudTrail(raw: JsonObject): EcsEvent {
  const at: At = (path) => kept(valueAt(raw, path), isEmpty);
  const text = (path: string) => textOf(at(path));
  const part = (root: string, more?: (draft: Draft) => void) =>
    lazily((draft) => {
      for (const [value, name] of CONSTANT_IN.get(root) ?? []) put(draft, name, value);
      for (const [from, name] of COPIED_INTO.get(root) ?? []) put(draft, name, at(from));
      more?.(draft);
    });
  const action = text("eventName");
  const user = part("user", (draft) => putUser(draft, at, action));
  const parts = {
    stream: part("data_stream"),
    event: once(() => eventOf(raw, at, action, part)),
    cloud: part("cloud", (draft) => {
      put(draft, "service.name", text("eventSource")?.replace(/\.amazonaws\.com$/, ""));
    }),
    source: part("source", (draft) => putAddress(draft, at)),
    agent: part("user_agent"),
    group: part("group"),
    tls: part("tls", (draft) => putTls(draft, at)),
    aws: lazily((draft) => {
      draft["cloudtrail"] = trailOf(raw, at, action, part) as unknown as JsonObject;
    }),
    related: part("related", (draft) => putRelated(draft, at, action, user() ?? {})),
    entity: part("entity", (draft) => {
      put(draft, "target.id", setOf(targetsOf(at, action).filter((target) => !SPECIAL_TARGETS.test(target))));
    }),
  };
  const event = {
    "@timestamp": timeOf(text("eventTime")),
    get data_stream() {
      return parts.stream();
    },
    get event() {
      return parts.event();
    },
    get cloud() {
      return parts.cloud();
    },
    get user() {
      return user();
    },
    get source() {
      return parts.source();
    },
    get user_agent() {
      return parts.agent();
    },
    get group() {
      return parts.group();
    },
    get tls() {
      return parts.tls();
    },
    get aws() {
      return parts.aws();
    },
    get related() {
      return parts.related();
    },
    get entity() {
      return parts.entity();
    },
  };
  // What is undefined is not there: JSON has no word for it.
  return event as unknown as EcsEvent;
}

function eventOf(raw: JsonObject, at: At, action: string | undefined, part: Part): JsonObject {
  const original = once(() => JSON.stringify(raw));
  const own = part("event", (draft) => {
    put(draft, "outcome", outcomeOf(raw, at, action));
    const { category, type } = kindOf(action);
    put(draft, "category", category);
    put(draft, "type", type);
  });
  return {
    ...own(),
    get original() {
      return original() ?? "";
    },
  };
}

function putUser(draft: Draft, at: At, action: string | undefined): void {
  const type = textOf(at("userIdentity.type")) ?? "";
  if (SESSIONS.has(type)) put(draft, "name", at(ISSUER_NAME));
  put(draft, "name", at("userIdentity.userName"));
  if (isMoved(at, action)) put(draft, "name", at("additionalEventData.UserName"));
  if (type === "IdentityCenterUser") put(draft, "id", at("userIdentity.onBehalfOf.userId"));
  const session = sessionOf(at);
  if (session?.includes("@") === true) put(draft, "email", session);
  const name = textOf(draft["name"]);
  if (name !== undefined && name.indexOf("@") > 0) put(draft, "email", name);
}

/** Whether the name stands among the additional data alone, and is taken out of there. */
function isMoved(at: At, action: string | undefined): boolean {
  if (action !== "UserAuthentication" || at("userIdentity.userName") !== undefined) return false;
  return !SESSIONS.has(textOf(at("userIdentity.type")) ?? "") || at(ISSUER_NAME) === undefined;
}

function sessionOf(at: At): string | undefined {
  return SESSIONS.has(textOf(at("userIdentity.type")) ?? "") ? sessionName(textOf(at("userIdentity.arn"))) : undefined;
}

function addressIn(at: At): string | undefined {
  const address = textOf(at("sourceIPAddress"));
  return address !== undefined && parseAddress(address) !== undefined ? address : undefined;
}

function putAddress(draft: Draft, at: At): void {
  const address = addressIn(at);
  put(draft, "ip", address);
  if (address !== undefined && hasNetworks()) putLazily(draft, "as", () => autonomousSystemOf(address));
}

type Part = (root: string, more?: (draft: Draft) => void) => () => JsonObject | undefined;

/** What Elastic has under `aws.cloudtrail`. */
function trailOf(raw: JsonObject, at: At, action: string | undefined, part: Part): object {
  const isTaken = isMoved(at, action);
  const texts = PARAMETERS.map(([from]) => once(() => javaTextOf(parametersOf(raw, from, isTaken))));
  const [request, response, additional, service] = texts;
  const scalars = part(TRAIL, (draft) => {
    if (spelled(at("sessionCredentialFromConsole")) === "true") put(draft, "session_credential_from_console", "true");
    put(draft, "management_event", spelled(at("managementEvent")));
    putConsoleLogin(draft, at, action);
  });
  const identity = part(IDENTITY, (draft) => {
    const created = textOf(at("userIdentity.sessionContext.attributes.creationDate"));
    put(draft, "session_context.creation_date", timeOf(created));
  });
  const flattened = lazily((draft) => {
    for (const [from, to] of PARAMETERS) {
      const left = kept(parametersOf(raw, from, isTaken), isEmpty);
      if (left !== undefined && isObject(left) && isIndexable(left, isEmpty)) put(draft, to, left);
    }
    put(draft, "insight_details", at("insightDetails"));
  });
  const resources = once(() => resourcesOf(at("resources")));
  return {
    ...scalars(),
    get user_identity() {
      return identity();
    },
    get flattened() {
      return flattened();
    },
    get resources() {
      return resources();
    },
    get request_parameters() {
      return request?.();
    },
    get response_elements() {
      return response?.();
    },
    get additional_eventdata() {
      return additional?.();
    },
    get service_event_details() {
      return service?.();
    },
  };
}

function javaTextOf(value: JsonValue | undefined): string | undefined {
  return value === undefined ? undefined : javaText(value, isEmpty);
}

function putRelated(draft: Draft, at: At, action: string | undefined, user: JsonObject): void {
  const address = addressIn(at);
  put(draft, "ip", address === undefined ? undefined : [address]);
  const session = sessionOf(at);
  const users = [session, session?.split("@", 1)[0], user["id"], user["name"]];
  const others = ["requestParameters.userName", "requestParameters.newUserName", "responseElements.user.userId"];
  put(draft, "user", setOf([...users, ...others.map(at)]));
  if (action !== undefined) put(draft, "entity", setOf(entitiesOf(at, action)));
}

/** A digest file, of which no rule asks: it says that log files were delivered, and which. */
export function fromDigest(raw: JsonObject): EcsEvent {
  const draft: Draft = {};
  const at = (path: string) => kept(valueAt(raw, path), isEmpty);
  for (const [name, value] of CONSTANTS) put(draft, name, value);
  putLazily(draft, "event.original", () => JSON.stringify(raw));
  put(draft, "event.outcome", "success");
  put(draft, "event.type", ["info"]);
  for (const [from, to] of DIGEST) put(draft, to, at(from));
  for (const [from, to] of DIGEST_TIMES) put(draft, to, timeOf(textOf(at(from))));
  if (at("previousDigestHashAlgorithm") === "SHA-256") {
    const hash = at("previousDigestSignature");
    put(draft, "file.hash.sha256", hash);
    put(draft, "related.hash", hash === undefined ? undefined : [hash]);
  }
  return draft;
}

type At = (path: string) => JsonValue | undefined;

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A scalar as text. */
function spelled(value: JsonValue | undefined): string | undefined {
  return value !== undefined && isLeaf(value) ? leafText(value) : undefined;
}

/** A time as ECS has it; nothing where the text is none. */
function timeOf(text: string | undefined): string | undefined {
  const ms = text?.includes("-") === true ? parseDate(text) : undefined;
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function outcomeOf(raw: JsonObject, at: At, action: string | undefined): string {
  const login = action === "ConsoleLogin" ? textAt(raw, "responseElements.ConsoleLogin")?.toLowerCase() : undefined;
  if (login === "success" || login === "failure") return login;
  return at("errorCode") === undefined && at("errorMessage") === undefined ? "success" : "failure";
}

/** What follows the last slash of a session's ARN. */
function sessionName(arn: string | undefined): string | undefined {
  if (arn === undefined || !arn.includes("/") || !SESSION_ARNS.some((start) => arn.startsWith(start))) return undefined;
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  return name === "" ? undefined : name;
}

function putTls(draft: Draft, at: At): void {
  const version = textOf(at("tlsDetails.tlsVersion"));
  if (version === "tlsVersion") return;
  const v = version?.indexOf("v") ?? -1;
  if (version !== undefined && v > 0) put(draft, "version_protocol", version.slice(0, v).toLowerCase());
  const number = v < 0 ? version : version?.slice(v + 1);
  put(draft, "version", number === "" ? undefined : number);
  put(draft, "cipher", at("tlsDetails.cipherSuite"));
  put(draft, "client.server_name", at("tlsDetails.clientProvidedHostHeader"));
}

function putConsoleLogin(draft: Draft, at: At, action: string | undefined): void {
  if (action !== "ConsoleLogin") return;
  const said = { mobile_version: at("additionalEventData.MobileVersion"), mfa_used: at("additionalEventData.MFAUsed") };
  for (const [name, value] of Object.entries(said)) {
    if (value !== undefined) put(draft, `console_login.additional_eventdata.${name}`, value !== "No");
  }
  put(draft, "console_login.additional_eventdata.login_to", at("additionalEventData.LoginTo"));
}

/** The raw value, empty parts and all: how many keys there were is what orders the text. */
function parametersOf(raw: JsonObject, from: string, isMoved: boolean): JsonValue | undefined {
  const value = valueAt(raw, from);
  if (!isMoved || from !== "additionalEventData" || !isObject(value)) return value;
  const { UserName: _, ...rest } = value;
  return rest;
}

const RESOURCE_NAMES: Readonly<Record<string, string>> = { ARN: "arn", accountId: "account_id" };

/** Each resource once, by its ARN, account and type. */
function resourcesOf(value: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = new Map<string, JsonObject>();
  for (const element of (value as readonly JsonValue[]).filter(isObject)) {
    const renamed = Object.entries(element).map(([key, inner]): [string, JsonValue] => [
      Object.hasOwn(RESOURCE_NAMES, key) ? (RESOURCE_NAMES[key] as string) : key,
      inner,
    ]);
    const resource: JsonObject = Object.fromEntries(renamed);
    const key = ["arn", "account_id", "type"].map((name) => JSON.stringify(valueAt(resource, name) ?? "")).join("_");
    found.set(key, resource);
  }
  return found.size === 0 ? undefined : [...found.values()];
}

/** Whom a call of IAM's is about. */
function targetsOf(at: At, action: string | undefined): string[] {
  if (action === undefined || at("eventSource") !== "iam.amazonaws.com" || !Object.hasOwn(TARGETS, action)) return [];
  return (TARGETS[action] ?? []).map(at).filter((target) => typeof target === "string");
}

function entitiesOf(at: At, action: string): (JsonValue | undefined)[] {
  const provider = textOf(at("eventSource")) ?? "";
  const own = Object.hasOwn(ENTITIES_OF, provider) ? (ENTITIES_OF[provider] ?? []) : [];
  const center = at("userIdentity.type") === "IdentityCenterUser" ? ["userIdentity.onBehalfOf.identityStoreArn"] : [];
  const resources = at("resources");
  const arns = Array.isArray(resources)
    ? (resources as readonly JsonValue[]).map((each) => (isObject(each) ? valueAt(each, "ARN") : undefined))
    : [];
  return [...[...ENTITIES, ...ISSUER_ENTITIES, ...center, ...own].map(at), ...arns, ...targetsOf(at, action)];
}

function setOf(values: readonly (JsonValue | undefined)[]): JsonValue | undefined {
  const texts = new Set(values.filter((value) => typeof value === "string"));
  return texts.size === 0 ? undefined : [...texts];
}

/** Where the values of each field come from: of which texts must stand in the raw event where a rule asks for them. */
export const cloudTrailOrigins: Origins = (name) => origins(name) ?? (hasNetworks() ? looked(name) : undefined);

/** What a rule asks for of a network stands in no raw text: it is in the database, under the address. */
const looked = originsOf(
  new Map<string, Origin>(
    ["source.as.number", "source.as.organization.name"].map((name) => [
      name,
      { kind: "made", from: ["sourceIPAddress"] },
    ]),
  ),
);

const origins = originsOf(
  new Map<string, Origin>([
    ...CONSTANTS.map(([name, value]): [string, Origin] => [name, { kind: "constant", value }]),
    ...copiedFrom([...COPIED, ...DIGEST]),
    ...PARAMETERS.flatMap(([from, to]): [string, Origin][] => [
      [`aws.cloudtrail.${to}`, { kind: "made", from: [from] }],
      [`aws.cloudtrail.flattened.${to}`, { kind: "copied", from: [from] }],
    ]),
    ["aws.cloudtrail.flattened.insight_details", { kind: "copied", from: ["insightDetails"] }],
    ["source.ip", { kind: "copied", from: ["sourceIPAddress"] }],
    ["related.ip", { kind: "copied", from: ["sourceIPAddress"] }],
    ["user.name", { kind: "copied", from: [ISSUER_NAME, "userIdentity.userName", "additionalEventData.UserName"] }],
    ["user.id", { kind: "copied", from: ["userIdentity.principalId", "userIdentity.onBehalfOf.userId"] }],
    ["user.email", { kind: "made", from: [] }],
    ["related.user", { kind: "made", from: [] }],
    ["related.entity", { kind: "made", from: [] }],
    ["entity.target.id", { kind: "copied", from: [...new Set(Object.values(TARGETS).flat())] }],
    ["related.hash", { kind: "copied", from: ["previousDigestSignature"] }],
    ["file.hash.sha256", { kind: "copied", from: ["previousDigestSignature"] }],
    ["aws.cloudtrail.resources", { kind: "copied", from: ["resources"] }],
    ["aws.cloudtrail.resources.arn", { kind: "copied", from: ["resources.ARN", "resources.arn"] }],
    ["aws.cloudtrail.resources.account_id", { kind: "copied", from: ["resources.accountId", "resources.account_id"] }],
    ["tls.version", { kind: "made", from: ["tlsDetails.tlsVersion"] }],
    ["tls.version_protocol", { kind: "made", from: ["tlsDetails.tlsVersion"] }],
    ["tls.cipher", { kind: "copied", from: ["tlsDetails.cipherSuite"] }],
    ["tls.client.server_name", { kind: "copied", from: ["tlsDetails.clientProvidedHostHeader"] }],
    ...["mobile_version", "mfa_used"].map((name): [string, Origin] => [
      `aws.cloudtrail.console_login.additional_eventdata.${name}`,
      { kind: "made", from: [`additionalEventData.${name === "mfa_used" ? "MFAUsed" : "MobileVersion"}`] },
    ]),
    [
      "aws.cloudtrail.console_login.additional_eventdata.login_to",
      { kind: "copied", from: ["additionalEventData.LoginTo"] },
    ],
    ["aws.cloudtrail.session_credential_from_console", { kind: "made", from: ["sessionCredentialFromConsole"] }],
    ["aws.cloudtrail.management_event", { kind: "made", from: ["managementEvent"] }],
    [
      "aws.cloudtrail.user_identity.session_context.creation_date",
      { kind: "made", from: ["userIdentity.sessionContext.attributes.creationDate"] },
    ],
    ["@timestamp", { kind: "made", from: [] }],
    ["event.original", { kind: "made", from: [] }],
    ["event.outcome", { kind: "made", from: [] }],
    ["event.category", { kind: "made", from: [] }],
    ["event.type", { kind: "made", from: [] }],
    ["cloud.service.name", { kind: "made", from: ["eventSource"] }],
    ...DIGEST_TIMES.map(([from, to]): [string, Origin] => [
      to,
      { kind: "made", from: to === "@timestamp" ? [] : [from] },
    ]),
  ]),
);

function copiedFrom(rows: readonly (readonly [from: string, to: string])[]): [string, Origin][] {
  const byField = new Map<string, string[]>();
  for (const [from, to] of rows) byField.set(to, [...(byField.get(to) ?? []), from]);
  return [...byField].map(([to, from]) => [to, { kind: "copied", from }]);
}
