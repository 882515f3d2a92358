import * as z from "zod";
import { parseDate } from "../ecs/iso-date.ts";
import { nearest } from "../rule/spelling.ts";

/** What a stage is made of, with all that its file leaves out filled in. */
export type Settings = ReturnType<typeof settingsOf>;

/** What is wrong with settings, and the way to it: `["stream", "shards"]`. */
export interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export class SettingsError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
    this.name = "SettingsError";
    this.mistakes = mistakes;
  }
}

const object = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape, "expected keys and values");
const text = (what: string) => z.string(`expected ${what}`).min(1, `expected ${what}`);
const list = <T extends z.ZodType>(of: T, what: string) => z.array(of, `expected a list of ${what}`);
const flag = z.boolean("expected true or false");

function whole(least: number, most: number, what: string) {
  const expected = `expected a whole number from ${least} to ${most} (${what})`;
  return z.int(expected).min(least, expected).max(most, expected);
}

function oneOf<const T extends readonly string[]>(...values: T) {
  return z.enum(values, `expected ${values.slice(0, -1).join(", ")} or ${values.at(-1)}`);
}

const ARN_LENGTH = 2048;

/** An ARN of a service's resource, whose name begins as the example's does. */
function arn(example: string) {
  const expected = `expected an ARN such as ${example}`;
  return z.string(expected).refine((value) => isArnLike(value, example), expected);
}

function isArnLike(value: string, example: string): boolean {
  if (value.length > ARN_LENGTH || /\p{Cc}/u.test(value) || value.trim() !== value) return false;
  const [head, partition = "", service, region = "", account = "", ...name] = value.split(":");
  const [, , wantedService, wantedRegion, , ...wantedName] = example.split(":");
  const prefix = wantedName.join(":").split("/").slice(0, -1).join("/");
  return (
    head === "arn" &&
    partition.startsWith("aws") &&
    service === wantedService &&
    (region === "") === (wantedRegion === "") &&
    isAccount(account) &&
    // A `*` would be whatever is there; a variable, what nobody wrote. An alarm's name may hold anything.
    (service === "cloudwatch" || /^[\w+=,.@$:/-]+$/.test(name.join(":"))) &&
    name.join(":").startsWith(prefix === "" ? "" : `${prefix}/`) &&
    name.join(":").length > (prefix === "" ? 0 : prefix.length + 1)
  );
}

function isAccount(value: string): boolean {
  return value.length === 12 && [...value].every((digit) => digit >= "0" && digit <= "9");
}

const kmsKey = arn("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab").optional();
const SEVERITIES = ["low", "medium", "high", "critical"] as const;
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Where events come from. With an ARN it is a stream that there is, and none is made. */
const stream = object({
  arn: arn("arn:aws:kinesis:eu-west-1:111122223333:stream/events").optional(),
  mode: oneOf("PROVISIONED", "ON_DEMAND").optional(),
  shards: whole(1, 10_000, "each takes 1 MB or 1,000 records a second").optional(),
  retentionHours: whole(24, 8760, "how long the stream keeps a record").default(168),
  kmsKey,
  consumer: oneOf("shared", "own").default("shared"),
  parallelization: whole(1, 10, "batches of a shard at once").default(1),
  startingPosition: oneOf("TRIM_HORIZON", "LATEST").default("TRIM_HORIZON"),
  senders: list(
    z
      .string("expected an account of twelve digits, in quotes")
      .refine(isAccount, "expected an account of twelve digits"),
    "accounts",
  ).default([]),
});

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const logGroup = z
  .string("expected a log group's name")
  .regex(/^[\w./#-]{1,512}$/, "expected a log group's name such as /aws/eks/prod/cluster, and not its ARN");

/** Whom findings are sent to; of severities and rules named here only. */
const subscription = object({
  protocol: oneOf("email", "email-json", "https", "sqs", "lambda"),
  endpoint: text("whom to send to: an address, a URL or an ARN"),
  severity: list(oneOf(...SEVERITIES), "severities")
    .min(1, "expected a severity")
    .optional(),
  rules: list(text("a rule's id"), "rules' ids").min(1, "expected a rule's id").optional(),
});

/** Whom a person's text is sent to: of severities, rules and tags named here only. */
const notified = object({
  protocol: oneOf("email", "https"),
  endpoint: text("whom to tell: an address or a URL"),
  format: oneOf("email", "chat").optional(),
  severity: list(oneOf(...SEVERITIES), "severities")
    .min(1, "expected a severity")
    .optional(),
  rules: list(text("a rule's id"), "rules' ids").min(1, "expected a rule's id").optional(),
  tags: list(text("a rule's tag"), "rules' tags").min(1, "expected a tag").optional(),
});

/** A bus of this account and Region. */
const BUS = "expected the name of an event bus of this account, such as default";
const busName = z.string(BUS).regex(/^[\w.\-/]{1,256}$/, BUS);

const REGION = "expected a Region such as eu-west-1";
/** Longer than the name of any. */
const REGION_LENGTH = 32;

const TAGS = "expected names and values";
/** What each service takes in a tag. @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const schema = object({
  region: z
    .string(REGION)
    .max(REGION_LENGTH, REGION)
    .regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, REGION)
    .default("eu-west-1"),
  stream: stream.or(z.literal("none")).prefault({}),
  firehose: oneOf("none", "function", "stream").default("none"),
  sources: object({
    logGroups: list(logGroup, "log groups' names").default([]),
    eventBridge: flag.default(false),
    asnDatabase: text("a file, such as ./GeoLite2-ASN.mmdb").optional(),
  }).prefault({}),
  history: object({
    table: text("a table's name").optional(),
    kmsKey,
    counters: flag.default(false),
    maxReadUnits: whole(1, 1_000_000, "read request units a second").optional(),
    maxWriteUnits: whole(1, 1_000_000, "write request units a second").optional(),
  }).prefault({}),
  findings: object({
    kmsKey,
    archive: flag.default(true),
    archiveDays: whole(1, 3650, "days that the archive keeps a finding").optional(),
    queue: flag.default(false),
    subscriptions: list(subscription, "subscriptions").default([]),
    notify: list(notified, "people and channels").default([]),
    export: object({
      ocsf: flag.default(false),
      securityHub: flag.default(false),
      eventBus: busName.optional(),
    }).prefault({}),
  }).prefault({}),
  rules: object({
    learnUntil: z
      .string("expected an ISO time such as 2026-12-01T00:00:00Z, in quotes")
      .refine((value) => parseDate(value) !== undefined, "expected an ISO time such as 2026-12-01T00:00:00Z")
      .optional(),
    learn: oneOf("window", "none").default("none"),
    longValues: oneOf("parity", "terms", "keep").default("terms"),
  }).prefault({}),
  operations: object({
    topic: arn("arn:aws:sns:eu-west-1:111122223333:pager").optional(),
    email: list(z.email("expected an e-mail address"), "e-mail addresses").default([]),
    silentAfterMinutes: whole(5, 1440, "minutes without a record until an alarm rings").default(60),
  }).prefault({}),
  canary: flag.optional(),
  dashboard: flag.default(true),
  logs: object({
    retentionDays: z
      .int("expected a number of days")
      .refine((days) => RETENTION_DAYS.includes(days), `expected one of ${RETENTION_DAYS.join(", ")}`)
      .default(30),
  }).prefault({}),
  vpc: object({
    subnetIds: list(text("a subnet's id"), "subnets' ids").min(1, "expected a subnet's id"),
    securityGroupIds: list(text("a security group's id"), "security groups' ids").min(1, "expected a group's id"),
  }).optional(),
  tags: z
    // A record leaves this name out without a word.
    .custom<unknown>((value) => !Object.hasOwn(Object(value), "__proto__"), "__proto__: expected another name of a tag")
    .pipe(z.record(z.string(), z.string("expected text, in quotes"), TAGS))
    .default({}),
  permissionsBoundary: arn("arn:aws:iam::111122223333:policy/boundary").optional(),
  rollback: object({
    minutes: whole(1, 180, "how long a deployment is watched"),
    alarms: list(arn("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:name"), "alarms' ARNs").min(
      1,
      "expected an alarm",
    ),
  }).optional(),
});

type Given = z.infer<typeof schema>;

/**
 * Reads settings, such as a file's YAML comes to.
 * @throws SettingsError with each thing that is wrong: keys that there are none of, values that are not allowed, and
 *   what contradicts what
 */
export function settingsOf(value: unknown) {
  const result = schema.safeParse(value ?? {});
  if (!result.success) throw new SettingsError(result.error.issues.flatMap(mistakesOf));
  const mistakes = contradictions(result.data);
  if (mistakes.length > 0) throw new SettingsError(mistakes);
  return completed(result.data);
}

function mistakesOf(issue: z.core.$ZodIssue): Mistake[] {
  // Of a union the alternative that has the value's shape speaks: `none` is told apart by being no object.
  if (issue.code === "invalid_union") {
    const [first = []] = issue.errors;
    return first.some(({ code, path }) => code === "invalid_type" && path.length === 0)
      ? [{ path: issue.path, message: "expected none, or keys and values" }]
      : first.flatMap(mistakesOf).map(({ path, ...rest }) => ({ ...rest, path: [...issue.path, ...path] }));
  }
  if (issue.code === "unrecognized_keys") {
    const keys = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const meant = nearest(key, keys);
      const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
      return { path: [...issue.path, key], message: `there is no such key${hint}. Allowed: ${keys.join(", ")}` };
    });
  }
  return [{ path: issue.path, message: issue.message }];
}

/** The keys that may stand at a place. */
function keysAt(type: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const { def } = type._zod;
  if ("innerType" in def) return keysAt(def.innerType as z.core.$ZodType, path);
  if ("options" in def) return (def.options as readonly z.core.$ZodType[]).flatMap((option) => keysAt(option, path));
  const [step, ...rest] = path;
  if ("element" in def) return keysAt(def.element as z.core.$ZodType, rest);
  if (!("shape" in def)) return [];
  const shape = def.shape as Readonly<Record<PropertyKey, z.core.$ZodType>>;
  if (step === undefined) return Object.keys(shape);
  const inner = shape[step];
  return inner === undefined ? [] : keysAt(inner, rest);
}

function contradictions({
  region,
  stream: source,
  firehose,
  sources,
  history,
  findings,
  operations,
  canary,
  tags,
}: Given): Mistake[] {
  const found: Mistake[] = [];
  const say = (path: string, message: string) =>
    found.push({ path: path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step)), message });
  if (source === "none") {
    if (firehose === "none") say("stream", "no stream and no delivery stream: nothing would bring events");
    if (sources.logGroups.length > 0) say("sources.logGroups", "they are put on the stream, and there is none");
    if (sources.eventBridge) say("sources.eventBridge", "it puts events on the stream, and there is none");
    if (canary === true) say("canary", "the canary sings on a stream, and there is none");
  } else {
    for (const key of ["mode", "shards"] as const) {
      if (source.arn !== undefined && source[key] !== undefined)
        say(`stream.${key}`, "the stream of stream.arn has its own; leave this out");
    }
    if (source.mode === "ON_DEMAND" && source.shards !== undefined)
      say("stream.shards", "a stream that is ON_DEMAND has no number of shards");
    if (source.arn === undefined && source.startingPosition === "LATEST")
      say("stream.startingPosition", "LATEST would lose the first minutes of a stream that is new");
    if (source.senders.length > 0 && source.arn !== undefined)
      say("stream.senders", "who may send to the stream of stream.arn is for its own policy to say");
    if (source.senders.length > 0 && source.kmsKey === undefined)
      say(
        "stream.senders",
        "other accounts cannot use the AWS managed key: stream.kmsKey is needed, whose policy admits them",
      );
  }
  for (const key of ["maxReadUnits", "maxWriteUnits"] as const) {
    if (history.table !== undefined && history[key] !== undefined)
      say(`history.${key}`, "the table of history.table has its own; leave this out");
  }
  const group = repeated(sources.logGroups);
  if (group >= 0) say("sources.logGroups", `${sources.logGroups[group]} is named twice`);
  const sender = source === "none" ? -1 : repeated(source.senders);
  if (sender >= 0) say(`stream.senders.${sender}`, "is named twice");
  const mail = repeated(operations.email);
  if (mail >= 0) say(`operations.email.${mail}`, "is named twice");
  // SNS has one subscription of an endpoint to a topic, with one filter: of two the second would be lost.
  const once = "an endpoint has one subscription to a topic: name it once, with all that it is to get";
  const subscribed = repeated(findings.subscriptions.map(({ protocol, endpoint }) => `${protocol} ${endpoint}`));
  if (subscribed >= 0) say(`findings.subscriptions.${subscribed}.endpoint`, once);
  const told = repeated(findings.notify.map((each) => `${formatOf(each)} ${each.protocol} ${each.endpoint}`));
  if (told >= 0) say(`findings.notify.${told}.endpoint`, once);
  if (!findings.archive && !findings.export.ocsf && findings.archiveDays !== undefined)
    say("findings.archiveDays", "there is no archive: findings.archive is false");
  for (const name of ["subscriptions", "notify"] as const) {
    for (const [index, { protocol, endpoint }] of findings[name].entries()) {
      const { expected, isOne } = ENDPOINTS[protocol];
      if (!isOne(endpoint)) say(`findings.${name}.${index}.endpoint`, expected);
    }
  }
  for (const [index, { protocol, format, severity, rules, tags }] of findings.notify.entries()) {
    const at = `findings.notify.${index}`;
    if (protocol === "email" && format === "chat")
      say(`${at}.format`, "a chat's messages are for a program, and no mail: leave this out, or say email");
    const values = [severity, rules, tags].reduce((product, list) => product * (list?.length ?? 1), 1);
    if (values > FILTER_VALUES)
      say(at, `${values} combinations of severity, rules and tags, of which SNS filters by ${FILTER_VALUES}`);
  }
  const elsewhere = {
    "stream.arn": source === "none" ? undefined : source.arn,
    "stream.kmsKey": source === "none" ? undefined : source.kmsKey,
    "history.kmsKey": history.kmsKey,
    "findings.kmsKey": findings.kmsKey,
    "operations.topic": operations.topic,
  };
  for (const [path, value] of Object.entries(elsewhere)) {
    const of = value?.split(":")[3];
    if (of !== undefined && of !== region) say(path, `is in ${of}, and the stage in ${region}`);
  }
  const names = Object.keys(tags);
  if (names.length > 50) say("tags", `${names.length} tags, of which AWS takes 50`);
  for (const name of names) {
    if (name.toLowerCase().startsWith("aws:")) say(`tags`, `${name}: AWS keeps names in aws: to itself`);
    if (name.length > 128 || (tags[name] ?? "").length > 256)
      say("tags", `${name}: longer than 128, or its value than 256`);
    if (name === "" || !TAG_TEXT.test(name + tags[name]))
      say("tags", `"${name}": expected letters, digits, spaces and _ . : / = + - @, in the value too`);
  }
  return found;
}

/** Combinations of values that a filter policy of SNS's may come to. */
const FILTER_VALUES = 150;

/** What SNS takes as an endpoint of a protocol. */
interface EndpointKind {
  readonly expected: string;
  isOne(endpoint: string): boolean;
}

const address: EndpointKind = {
  expected: "expected an e-mail address",
  isOne: (endpoint) => z.email().safeParse(endpoint).success,
};
const QUEUE = "arn:aws:sqs:eu-west-1:111122223333:queue";
const FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:name";
const ENDPOINTS: Readonly<Record<Given["findings"]["subscriptions"][number]["protocol"], EndpointKind>> = {
  email: address,
  "email-json": address,
  https: {
    expected: "expected a URL that begins with https:// and names a host",
    isOne: (endpoint) => /^https:\/\/[^\s/?#]\S*$/.test(endpoint) && URL.canParse(endpoint),
  },
  sqs: {
    expected: `expected the ARN of a queue such as ${QUEUE}`,
    isOne: (endpoint) => isArnLike(endpoint, QUEUE),
  },
  lambda: {
    expected: `expected the ARN of a function such as ${FUNCTION}`,
    isOne: (endpoint) => isArnLike(endpoint, FUNCTION) && endpoint.split(":")[5] === "function",
  },
};

/** What an endpoint is told in, and so by which topic. */
function formatOf({ format, protocol }: Given["findings"]["notify"][number]): "email" | "chat" {
  return format ?? (protocol === "email" ? "email" : "chat");
}

/** The index of the first that stands before it already; -1 where there is none. */
function repeated(values: readonly string[]): number {
  const seen = new Set<string>();
  return values.findIndex((value) => seen.size === seen.add(value).size);
}

/** At most so many units a second, if the settings do not say: what one shard full of new combinations takes. */
const READ_UNITS = 4000;
const WRITE_UNITS = 4000;

function completed({ stream: source, history, findings, canary, ...rest }: Given) {
  return {
    ...rest,
    stream:
      source === "none" ? undefined : { ...source, mode: source.mode ?? "PROVISIONED", shards: source.shards ?? 1 },
    history: {
      ...history,
      maxReadUnits: history.maxReadUnits ?? READ_UNITS,
      maxWriteUnits: history.maxWriteUnits ?? WRITE_UNITS,
    },
    findings: {
      ...findings,
      archiveDays: findings.archiveDays ?? 400,
      notify: findings.notify.map((each) => ({
        ...each,
        format: formatOf(each),
      })),
    },
    canary: canary ?? source !== "none",
  };
}
