import { isIP } from "node:net";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { type Closing, closingOf, heldSpan, isClosing } from "./closing.ts";
import { firstTime, ruleNameOf, severityOf } from "./facts.ts";
import {
  combinationOf,
  firstOf,
  type Named,
  objectsOf,
  ownText,
  ownTexts,
  ownTime,
  type Published,
  threatsOf,
  timeOf,
  valuesOf,
} from "./published.ts";

const VERSION = "1.6.0";
/** Of the triage guide; the finding has all of it. */
const REMEDIATION_LENGTH = 2048;
const HASHES = { md5: 1, sha1: 2, sha256: 3 } as const;
const SYSTEMS: Readonly<Record<string, number>> = { windows: 100, linux: 200, macos: 300 };
/** OCSF's number and caption of a severity, and the number of the same as a level of risk. */
const SEVERITIES: Readonly<Record<string, readonly [number, string, number]>> = {
  low: [2, "Low", 1],
  medium: [3, "Medium", 2],
  high: [4, "High", 3],
  critical: [5, "Critical", 4],
};
const CREATE = { id: 1, name: "Create", status: { status_id: 1, status: "New" } } as const;
/** Without a status: what people have made of the finding by now is theirs to say. */
const UPDATE = { id: 2, name: "Update", status: {} } as const;
const PATTERN = { observation_type: "Frequency Analysis", observed_pattern: "UNSEEN" } as const;

/** An object of OCSF's. What it has no value for is undefined, and left out. */
type Parts = Readonly<Record<string, JsonValue | undefined>>;

/**
 * A finding as a Detection Finding (class 2004) of OCSF 1.6.0, with the profiles `host`, `cloud` and `security_control`.
 * Values are the event's, exactly; times are epoch ms. A repeated publication has the same `metadata.uid`. A message that
 * closes a window of alert suppression updates the finding that opened it, as Kibana does: `finding_info.uid` is that
 * finding's, `count` how many were held back.
 * @see https://schema.ocsf.io/1.6.0/classes/detection_finding
 */
export function ocsfOf(finding: Published): JsonObject {
  const uid = ownText(finding, "kibana.alert.uuid") || "unknown";
  const seen = ownTime(finding, "new_terms_stream.first_seen");
  const time = ownTime(finding, "@timestamp") ?? seen ?? 0;
  const closing = closingOf(finding);
  const activity = closing === undefined ? CREATE : UPDATE;
  const subject = closing?.first.id.toWellFormed() || uid;
  const [first, last] = closing === undefined ? [seen] : heldSpan(closing);
  const isBuildingBlock = ownText(finding, "kibana.alert.building_block_type") !== "";
  const severity = severityOf(finding);
  const known = Object.hasOwn(SEVERITIES, severity) ? SEVERITIES[severity] : undefined;
  const [severityId, caption] = isBuildingBlock ? [1, "Informational"] : (known ?? [0, "Unknown"]);
  const device = deviceOf(finding);
  const cloud = cloudOf(finding);
  const evidence = evidenceOf(finding);
  return present({
    activity_id: activity.id,
    activity_name: activity.name,
    category_uid: 2,
    category_name: "Findings",
    class_uid: 2004,
    class_name: "Detection Finding",
    type_uid: 200_400 + activity.id,
    type_name: `Detection Finding: ${activity.name}`,
    time,
    count: closing?.members.length,
    start_time: first,
    end_time: last,
    severity_id: severityId,
    severity: caption,
    ...activity.status,
    message: ownText(finding, "kibana.alert.reason").toWellFormed() || undefined,
    is_alert: !isBuildingBlock && ownText(finding, "new_terms_stream.type") === "finding",
    risk_score: integer(ownText(finding, "kibana.alert.risk_score")),
    risk_level_id: known?.[2],
    risk_level: known?.[1],
    metadata: {
      version: VERSION,
      product: { name: "firstsight", vendor_name: "firstsight" },
      profiles: [
        "security_control",
        ...(device === undefined ? [] : ["host"]),
        ...(cloud === undefined ? [] : ["cloud"]),
      ],
      uid,
      correlation_uid: subject,
      logged_time: time,
      ...present({
        original_time: ownText(finding, "kibana.alert.original_time").toWellFormed() || undefined,
        labels: listed(ownTexts(finding, "kibana.alert.rule.tags")),
      }),
    },
    finding_info: infoOf(finding, subject, closing === undefined ? { created_time: time } : updateOf(closing, time)),
    anomaly_analyses: closing === undefined ? anomaliesOf(finding) : heldAnomalies(closing),
    evidences: evidence === undefined ? undefined : [evidence],
    device,
    cloud,
    resources: resourcesOf(finding),
    observables: listed(observablesOf(device, evidence)),
    remediation: remediationOf(finding),
    unmapped: unmappedOf(finding),
  });
}

/** What a closing message says anew of the finding that opened its window. */
function updateOf(closing: Closing, time: number): JsonObject {
  return present({
    created_time: timeOf(closing.first.published),
    modified_time: time,
    last_seen_time: heldSpan(closing)[1],
    related_events: listed(
      closing.members.flatMap(({ id, seen }) =>
        id === "" ? [] : [present({ uid: id.toWellFormed(), first_seen_time: timeOf(seen) })],
      ),
    ),
  });
}

function infoOf(finding: Published, uid: string, update: JsonObject): JsonObject {
  const rule = (name: string) => ownText(finding, `kibana.alert.rule.${name}`).toWellFormed() || undefined;
  const events = objectsOf(finding["kibana.alert.ancestors"]).flatMap((event) => ownText(event, "id") || []);
  const name = ruleNameOf(finding).toWellFormed() || undefined;
  return present({
    uid,
    title: name,
    desc: rule("description"),
    created_time: update["created_time"],
    modified_time: update["modified_time"],
    first_seen_time: ownTime(finding, "new_terms_stream.first_seen"),
    last_seen_time: update["last_seen_time"],
    types: ["new_terms"],
    data_sources: listed(ownTexts(finding, "kibana.alert.rule.indices")),
    analytic: present({
      uid: rule("rule_id") ?? "unknown",
      name,
      type_id: 1,
      type: "Rule",
      category: "new_terms",
      version: rule("version"),
    }),
    attacks: listed(
      threatsOf(finding).map(({ tactic, technique, subtechnique }) =>
        present({ tactic: attackOf(tactic), technique: attackOf(technique), sub_technique: attackOf(subtechnique) }),
      ),
    ),
    related_events: update["related_events"] ?? listed(events.map((id) => ({ uid: id.toWellFormed() }))),
  });
}

function attackOf(named: Named | undefined): JsonObject | undefined {
  if (named === undefined) return undefined;
  return present({ uid: named.id.toWellFormed() || undefined, name: named.name.toWellFormed() || undefined });
}

/** What OCSF calls UNSEEN is what new_terms finds: the combination, against a window in which there was none. */
function anomaliesOf(finding: Published): readonly JsonObject[] | undefined {
  const terms = combinationOf(finding).map(({ field, value }) => ({
    field: field.toWellFormed(),
    value: value.toWellFormed(),
  }));
  if (terms.length === 0) return undefined;
  const parameter = terms.map(({ field }) => field).join(", ");
  const window = ownText(finding, "new_terms_stream.window_ms").toWellFormed();
  const others = objectsOf(finding["new_terms_stream.values"]).flatMap((each): JsonObject[] => {
    const count = integer(ownText(each, "combinations"));
    const field = ownText(each, "field").toWellFormed();
    const value = terms.find((term) => term.field === field)?.value;
    if (count === undefined || value === undefined) return [];
    return [
      { observation_parameter: field, observation_type: PATTERN.observation_type, observations: [{ value, count }] },
    ];
  });
  return [
    {
      analysis_targets: terms.map(({ field, value }) => ({ name: value, type: field })),
      anomalies: [
        {
          observation_parameter: parameter,
          observations: [{ value: terms.map(({ value }) => value).join(", "), count: 1 }],
          ...PATTERN,
        },
      ],
      baselines: [
        {
          observation_parameter: parameter,
          observation_type: PATTERN.observation_type,
          observations: [{ value: `last ${window} ms`, count: 0 }],
        },
        ...others,
      ],
    },
  ];
}

/** Of a closing message: each combination that was held back, by what they were counted together by. */
function heldAnomalies({ key, members }: Closing): readonly JsonObject[] | undefined {
  const targets = key.map(({ field, values }) => ({
    name: values.join(", ").toWellFormed(),
    type: field.toWellFormed(),
  }));
  const [first] = members;
  const observations = members.flatMap(({ terms }) => {
    const value = terms.map((term) => term.value.toWellFormed()).join(", ");
    return terms.length === 0 ? [] : [{ value, count: 1 }];
  });
  if (targets.length === 0 || first === undefined || observations.length === 0) return undefined;
  const parameter = first.terms.map(({ field }) => field.toWellFormed()).join(", ");
  return [{ analysis_targets: targets, anomalies: [{ observation_parameter: parameter, observations, ...PATTERN }] }];
}

function deviceOf(finding: Published): JsonObject | undefined {
  const names = present({
    uid: firstOf(finding, "host.id"),
    hostname: firstOf(finding, "host.hostname") ?? firstOf(finding, "host.name"),
    name: firstOf(finding, "host.name"),
    ip: addressOf(finding, "host.ip"),
    instance_uid: firstOf(finding, "cloud.instance.id"),
  });
  if (Object.keys(names).length === 0) return undefined;
  const family = firstOf(finding, "host.os.type") ?? "";
  const system = firstOf(finding, "host.os.name") ?? firstOf(finding, "host.os.type");
  const type = Object.hasOwn(SYSTEMS, family) ? (SYSTEMS[family] ?? 0) : 0;
  return present({
    type_id: 0,
    ...names,
    os:
      system === undefined
        ? undefined
        : present({ name: system, type_id: type, version: firstOf(finding, "host.os.version") }),
    region: firstOf(finding, "cloud.region"),
  });
}

function cloudOf(finding: Published): JsonObject | undefined {
  const provider = firstOf(finding, "cloud.provider");
  if (provider === undefined) return undefined;
  const account = present({ uid: firstOf(finding, "cloud.account.id"), name: firstOf(finding, "cloud.account.name") });
  const isAws = provider.toLowerCase() === "aws";
  return present({
    provider,
    region: firstOf(finding, "cloud.region"),
    account:
      Object.keys(account).length === 0
        ? undefined
        : { ...account, ...(isAws ? { type_id: 10, type: "AWS Account" } : {}) },
  });
}

/** What the event says happened; undefined where it names nothing that OCSF has a place for. */
function evidenceOf(finding: Published): JsonObject | undefined {
  const isProcess =
    firstOf(finding, "process.executable") !== undefined || firstOf(finding, "process.name") !== undefined;
  const operation = isProcess ? undefined : firstOf(finding, "event.action");
  const service = firstOf(finding, "event.provider");
  const destination = endpointOf(finding, "destination");
  const source = endpointOf(finding, "source");
  const evidence = present({
    process: processOf(finding),
    user: userOf(finding, "user"),
    file: fileOf(finding, "file.path", "file.name", "file.hash"),
    src_endpoint: source,
    dst_endpoint: destination,
    connection_info: source === undefined && destination === undefined ? undefined : connectionOf(finding),
    api:
      operation === undefined
        ? undefined
        : present({ operation, service: service === undefined ? undefined : { name: service } }),
    url: urlOf(finding),
  });
  return Object.keys(evidence).length === 0 ? undefined : evidence;
}

/** @returns undefined where the event has no id of it: OCSF wants one, of the system or of the sender */
function processOf(finding: Published): JsonObject | undefined {
  const made = (root: string) => {
    const ids = present({
      pid: integer(firstOf(finding, `${root}.pid`)),
      uid: firstOf(finding, `${root}.entity_id`),
    });
    if (Object.keys(ids).length === 0) return undefined;
    return {
      ...ids,
      ...present({
        name: firstOf(finding, `${root}.name`),
        cmd_line: firstOf(finding, `${root}.command_line`),
        file: fileOf(finding, `${root}.executable`, `${root}.name`, `${root}.hash`),
      }),
    };
  };
  const process = made("process");
  if (process === undefined) return undefined;
  return present({ ...process, parent_process: made("process.parent"), user: userOf(finding, "user") });
}

function fileOf(finding: Published, pathField: string, nameField: string, hashField: string): JsonObject | undefined {
  const path = firstOf(finding, pathField);
  if (path === undefined) return undefined;
  const name = path.split(/[\\/]/).at(-1) || firstOf(finding, nameField) || path;
  const hashes = Object.entries(HASHES).flatMap(([algorithm, id]): JsonObject[] => {
    const value = firstOf(finding, `${hashField}.${algorithm}`);
    return value !== undefined && /^[0-9a-f]+$/i.test(value) ? [{ algorithm_id: id, value }] : [];
  });
  return present({ name, type_id: 1, path, hashes: listed(hashes) });
}

function userOf(finding: Published, root: string): JsonObject | undefined {
  const user = present({
    name: firstOf(finding, `${root}.name`),
    uid: firstOf(finding, `${root}.id`),
  });
  if (Object.keys(user).length === 0) return undefined;
  return present({ ...user, domain: firstOf(finding, `${root}.domain`) });
}

function endpointOf(finding: Published, root: string): JsonObject | undefined {
  const endpoint = present({ ip: addressOf(finding, `${root}.ip`), domain: firstOf(finding, `${root}.domain`) });
  if (Object.keys(endpoint).length === 0) return undefined;
  const port = integer(firstOf(finding, `${root}.port`));
  return port !== undefined && port >= 0 && port <= 65_535 ? { ...endpoint, port } : endpoint;
}

const INBOUND = new Set(["ingress", "inbound"]);
const OUTBOUND = new Set(["egress", "outbound"]);

function connectionOf(finding: Published): JsonObject {
  const direction = firstOf(finding, "network.direction") ?? "";
  return present({
    direction_id: INBOUND.has(direction) ? 1 : OUTBOUND.has(direction) ? 2 : 0,
    protocol_name: firstOf(finding, "network.transport"),
  });
}

function urlOf(finding: Published): JsonObject | undefined {
  const text = firstOf(finding, "url.full") ?? firstOf(finding, "url.original");
  return text === undefined ? undefined : { url_string: text };
}

function resourcesOf(finding: Published): readonly JsonObject[] | undefined {
  const uid = firstOf(finding, "cloud.instance.id");
  if (uid === undefined) return undefined;
  const isAws = firstOf(finding, "cloud.provider")?.toLowerCase() === "aws";
  return [
    present({
      uid,
      type: isAws ? "AWS::EC2::Instance" : "instance",
      name: firstOf(finding, "cloud.instance.name"),
      region: firstOf(finding, "cloud.region"),
    }),
  ];
}

/** Where a value is that is looked up elsewhere: its path in this document, and OCSF's number of its kind. */
const OBSERVABLES: readonly (readonly [string, number, string])[] = [
  ["device.hostname", 1, "Hostname"],
  ["device.ip", 2, "IP Address"],
  ["evidences[0].user.name", 4, "User Name"],
  ["evidences[0].process.name", 9, "Process Name"],
  ["evidences[0].process.cmd_line", 13, "Command Line"],
  ["evidences[0].process.pid", 15, "Process ID"],
  ["evidences[0].process.file.path", 45, "File Path"],
  ["evidences[0].file.path", 45, "File Path"],
  ["evidences[0].src_endpoint.ip", 2, "IP Address"],
  ["evidences[0].dst_endpoint.ip", 2, "IP Address"],
  ["evidences[0].url.url_string", 6, "URL String"],
];

function observablesOf(device: JsonObject | undefined, evidence: JsonObject | undefined): JsonObject[] {
  return OBSERVABLES.flatMap(([name, type_id, type]): JsonObject[] => {
    const [root = "", ...way] = name.split(".");
    let at: JsonValue | undefined = root === "device" ? device : evidence;
    for (const step of way) at = isObject(at) ? at[step] : undefined;
    return typeof at === "string" || typeof at === "number" ? [{ name, type_id, type, value: String(at) }] : [];
  });
}

function remediationOf(finding: Published): JsonObject | undefined {
  const note = ownText(finding, "kibana.alert.rule.note");
  if (note === "") return undefined;
  return present({
    desc: note.slice(0, REMEDIATION_LENGTH).toWellFormed(),
    references: listed(ownTexts(finding, "kibana.alert.rule.references")),
  });
}

/** What has no home in OCSF: of what the engine says of its decision, all. */
function unmappedOf(finding: Published): JsonObject {
  const engine = Object.entries(finding).filter(([key]) => key.startsWith("new_terms_stream."));
  const parameters = finding["kibana.alert.rule.parameters"];
  const { new_terms_fields, history_window_start } = isObject(parameters) ? parameters : {};
  return present({
    "kibana.alert.new_terms": finding["kibana.alert.new_terms"],
    "kibana.alert.rule.parameters": present({ new_terms_fields, history_window_start }),
    ...Object.fromEntries(engine),
    ...(isClosing(finding) ? {} : { summary: firstTime(finding) }),
  });
}

/** The first of a field's values that is an IP address, without the name of a network card. */
function addressOf(finding: Published, field: string): string | undefined {
  return valuesOf(finding, field).find((value) => isIP(value) !== 0 && !value.includes("%"));
}

/** A whole number that a double holds. */
function integer(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && text.trim() !== "" && Number.isSafeInteger(value) ? value : undefined;
}

/** A list, unless it is empty. */
function listed<T extends JsonValue>(values: readonly T[]): readonly T[] | undefined {
  if (values.length === 0) return undefined;
  return values.map((value) => (typeof value === "string" ? (value.toWellFormed() as typeof value) : value));
}

function present(parts: Parts): JsonObject {
  const there = Object.entries(parts).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return Object.fromEntries(there);
}
