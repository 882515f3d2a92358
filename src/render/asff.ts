import { isIP } from "node:net";
import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import { inert, inertCut } from "../finding/inert.ts";
import {
  type Closing,
  closingOf,
  commonValue,
  type Held,
  heldSentence,
  heldSpan,
  isClosing,
  ownTerms,
} from "./closing.ts";
import { idOf } from "./digest.ts";
import { instanceArn, partitionOf } from "./eventbridge.ts";
import { ruleNameOf, severityOf, whyOf } from "./facts.ts";
import {
  combinationOf,
  firstOf,
  newTermsFields,
  ownText,
  ownTexts,
  ownTime,
  type Published,
  threatsOf,
  valuesOf,
} from "./published.ts";

/** The account and the Region whose Security Hub it is for: those of the caller. */
export interface HubOwner {
  readonly account: string;
  readonly region: string;
}

/** An account that is nobody's, where a finding names none. */
const NOBODY = "000000000000";
const LABELS: Readonly<Record<string, "LOW" | "MEDIUM" | "HIGH" | "CRITICAL">> = {
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  critical: "CRITICAL",
};
const LIMITS = { title: 256, description: 1024, text: 512, processName: 64, path: 512, key: 128, value: 2048, id: 512 };
const MAX_TYPES = 50;

/**
 * A finding in the AWS Security Finding Format, as BatchImportFindings takes it. People read it in a console: what an
 * attacker wrote is inert, and cut to Security Hub's lengths. The same finding is the same Id and UpdatedAt, so that one
 * that is sent again changes nothing. A message that closes a window of alert suppression is a finding of its own, related
 * to the one that opened it: an update of that one would put its own resource and process away.
 * @param owner by default the account and the Region that the event names
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
 */
export function asffOf(finding: Published, owner: HubOwner = ownerOf(finding)): AwsSecurityFinding {
  const { account, region } = owner;
  const at = new Date(ownTime(finding, "@timestamp") ?? 0).toISOString();
  const seen = ownTime(finding, "new_terms_stream.first_seen");
  const closing = closingOf(finding);
  const severity = severityOf(finding);
  const isBuildingBlock = ownText(finding, "kibana.alert.building_block_type") !== "";
  const label = Object.hasOwn(LABELS, severity) && !isBuildingBlock ? LABELS[severity] : undefined;
  const process = processOf(finding);
  const network = networkOf(finding);
  const [reference] = ownTexts(finding, "kibana.alert.rule.references").filter((url) =>
    /^https:\/\/[\x21-\x7e]+$/.test(url),
  );
  const productArn = `arn:${partitionOf(region)}:securityhub:${region}:${account}:product/${account}/default`;
  const related = closing === undefined || closing.first.id === "" ? undefined : hubId(closing.first.id);
  const [first, last] = closing === undefined ? [seen] : heldSpan(closing);
  const note = prose(ownText(finding, "kibana.alert.rule.note"), LIMITS.text);
  return {
    SchemaVersion: "2018-10-08",
    Id: hubId(idOf(finding)),
    ProductArn: productArn,
    ProductName: "firstsight",
    GeneratorId: line(ownText(finding, "kibana.alert.rule.rule_id"), LIMITS.id) ?? "unknown",
    AwsAccountId: account,
    CreatedAt: at,
    UpdatedAt: at,
    ...(first === undefined ? {} : { FirstObservedAt: new Date(first).toISOString() }),
    ...(last === undefined ? {} : { LastObservedAt: new Date(last).toISOString() }),
    Title: line(titleOf(finding, closing), LIMITS.title) ?? "A new combination",
    Description: prose(descriptionOf(finding, closing), LIMITS.description) ?? "A new combination",
    FindingProviderFields: {
      Severity: {
        Label: label ?? "INFORMATIONAL",
        Original: line(ownText(finding, "kibana.alert.risk_score"), 64) ?? "0",
      },
      Types: typesOf(finding),
    },
    ...(related === undefined ? {} : { RelatedFindings: [{ ProductArn: productArn, Id: related }] }),
    Resources: [resourceOf(finding, closing)],
    ...(process === undefined ? {} : { Process: process }),
    ...(network === undefined ? {} : { Network: network }),
    ProductFields: productFieldsOf(finding, closing),
    ...(note === undefined
      ? {}
      : { Remediation: { Recommendation: { Text: note, ...(reference === undefined ? {} : { Url: reference }) } } }),
    RecordState: "ACTIVE",
  };
}

function hubId(id: string): string {
  return `firstsight/${line(id, 64) ?? "unknown"}`;
}

function titleOf(finding: Published, closing: Closing | undefined): string {
  return closing === undefined ? ruleNameOf(finding) : `${closing.members.length} held back: ${ruleNameOf(finding)}`;
}

function descriptionOf(finding: Published, closing: Closing | undefined): string {
  const shown = (words: string) => inertCut(words, 240);
  if (closing === undefined) return `${whyOf(finding, shown)}. ${ownText(finding, "kibana.alert.reason")}`;
  const list = closing.members.slice(0, MAX_HELD).map((held) => heldText(closing, held));
  return `${heldSentence(closing, shown)}: ${list.join("; ")}`;
}

function ownerOf(finding: Published): HubOwner {
  const account = firstOf(finding, "cloud.account.id") ?? "";
  const region = firstOf(finding, "cloud.region") ?? "";
  return {
    account: /^\d{12}$/.test(account) ? account : NOBODY,
    region: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region) ? region : "us-east-1",
  };
}

function typesOf(finding: Published): string[] {
  // A type is a path of three, and a tactic's name one of its steps.
  const tactics = threatsOf(finding).flatMap(
    ({ tactic }) =>
      tactic?.name
        .replace(/[^A-Za-z0-9 &-]/g, "")
        .trim()
        .slice(0, 64) || [],
  );
  const isProcess =
    firstOf(finding, "process.executable") !== undefined ||
    (isClosing(finding) && newTermsFields(finding).some((field) => field.startsWith("process.")));
  const types = [...tactics.map((tactic) => `TTPs/${tactic}`), `Unusual Behaviors/${isProcess ? "Process" : "User"}`];
  return [...new Set(types)].slice(-MAX_TYPES);
}

/** @param closing which has no event: what all that it tells of share stands for one */
function resourceOf(
  finding: Published,
  closing: Closing | undefined,
): NonNullable<AwsSecurityFinding["Resources"]>[number] {
  const arn = instanceArn(finding);
  const ofAll = (field: string) =>
    closing === undefined ? firstOf(finding, field) : commonValue(closing, field)?.toWellFormed();
  const host = ofAll("host.id") ?? ofAll("host.name") ?? ofAll("user.name");
  const facts = [
    "host.id",
    "host.name",
    "host.os.name",
    "user.name",
    "cloud.account.id",
    "cloud.region",
    "cloud.instance.id",
  ];
  const other = Object.fromEntries(
    facts.flatMap((field): [string, string][] => {
      const value = line(ofAll(field), LIMITS.value);
      return value === undefined ? [] : [[field, value]];
    }),
  );
  return {
    ...(arn === undefined
      ? { Type: "Other", Id: `host/${line(host, 256) ?? "unknown"}` }
      : { Type: "AwsEc2Instance", Id: arn }),
    ...(Object.keys(other).length === 0 ? {} : { Details: { Other: other } }),
  };
}

function processOf(finding: Published): AwsSecurityFinding["Process"] {
  const name = line(firstOf(finding, "process.name"), LIMITS.processName);
  const path = line(firstOf(finding, "process.executable"), LIMITS.path);
  if (name === undefined && path === undefined) return undefined;
  const pid = numberOf(firstOf(finding, "process.pid"), 2 ** 31 - 1);
  const parent = numberOf(firstOf(finding, "process.parent.pid"), 2 ** 31 - 1);
  return {
    ...(name === undefined ? {} : { Name: name }),
    ...(path === undefined ? {} : { Path: path }),
    ...(pid === undefined ? {} : { Pid: pid }),
    ...(parent === undefined ? {} : { ParentPid: parent }),
  };
}

const DIRECTIONS: Readonly<Record<string, "IN" | "OUT">> = {
  ingress: "IN",
  inbound: "IN",
  egress: "OUT",
  outbound: "OUT",
};

function networkOf(finding: Published): AwsSecurityFinding["Network"] {
  const destination = valuesOf(finding, "destination.ip").find(isIpv4);
  const source = valuesOf(finding, "source.ip").find(isIpv4);
  if (destination === undefined && source === undefined) return undefined;
  const direction = firstOf(finding, "network.direction") ?? "";
  const port = numberOf(firstOf(finding, "destination.port"), 65_535);
  return {
    ...(Object.hasOwn(DIRECTIONS, direction) ? { Direction: DIRECTIONS[direction] } : {}),
    ...(source === undefined ? {} : { SourceIpV4: source }),
    ...(destination === undefined ? {} : { DestinationIpV4: destination }),
    ...(port === undefined ? {} : { DestinationPort: port }),
  };
}

function isIpv4(text: string): boolean {
  return isIP(text) === 4;
}

/** Combinations of a closing message that stand among the fields, of which there are 50 at most. */
const MAX_HELD = 20;

/** What was held back, each with when it was seen, and how many more there are. */
function heldFields(closing: Closing): (readonly [string, string])[] {
  const { members, first } = closing;
  const listed = members
    .slice(0, MAX_HELD)
    .map((held, index) => [`firstsight/held/${String(index + 1).padStart(2, "0")}`, heldText(closing, held)] as const);
  const more = members.length > MAX_HELD ? [["firstsight/held/more", String(members.length - MAX_HELD)] as const] : [];
  return [["firstsight/held", String(members.length)], ["firstsight/first_fid", first.id], ...listed, ...more];
}

function heldText(closing: Closing, held: Held): string {
  const terms = ownTerms(closing, held).map(({ field, value }) => `${field} = ${value}`);
  return `${terms.join(", ")}  ${held.seen}`;
}

/** What has no place of its own: the combination, the command, the techniques. */
function productFieldsOf(finding: Published, closing: Closing | undefined): Record<string, string> {
  const techniques = threatsOf(finding).flatMap(({ technique, subtechnique }) => (subtechnique ?? technique)?.id ?? []);
  const fields: readonly (readonly [string, string | undefined])[] = [
    ...combinationOf(finding)
      .slice(0, 3)
      .map(({ field, value }) => [`firstsight/new_terms/${field}`, value] as const),
    ...(closing === undefined ? [] : heldFields(closing)),
    ["firstsight/fid", ownText(finding, "kibana.alert.uuid")],
    ["firstsight/type", ownText(finding, "new_terms_stream.type")],
    ["firstsight/window_ms", ownText(finding, "new_terms_stream.window_ms")],
    ["firstsight/why", ownText(finding, "new_terms_stream.why")],
    ["firstsight/command", firstOf(finding, "process.command_line")],
    ["firstsight/parent", firstOf(finding, "process.parent.executable")],
    ["firstsight/action", firstOf(finding, "event.action")],
    ["firstsight/techniques", techniques.join(", ")],
    ["firstsight/rule_version", ownText(finding, "kibana.alert.rule.version")],
    ["firstsight/account", firstOf(finding, "cloud.account.id")],
    ["firstsight/region", firstOf(finding, "cloud.region")],
  ];
  return Object.fromEntries(
    fields.flatMap(([key, value]): [string, string][] => {
      const [name, shown] = [line(key, LIMITS.key), line(value, LIMITS.value)];
      return name === undefined || shown === undefined ? [] : [[name, shown]];
    }),
  );
}

/** An attacker's text on one line, within a length; undefined where it is blank, which Security Hub refuses. */
function line(text: string | undefined, length: number): string | undefined {
  const shown = inert(text ?? "", length);
  return shown.trim() === "" ? undefined : shown;
}

/** Words of the rule's, whose line ends are no more than space. */
function prose(text: string, length: number): string | undefined {
  return line(text.trim().replace(/\s+/g, " "), length);
}

function numberOf(text: string | undefined, most: number): number | undefined {
  const value = Number(text);
  return text !== undefined && /^\d+$/.test(text) && value <= most ? value : undefined;
}
