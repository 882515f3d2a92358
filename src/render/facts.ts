import { combinationOf, ownText, type Published, valuesOf } from "./published.ts";

/** Values of one field that are shown. */
const MAX_VALUES = 10;

/** What an analyst reads first, by its label; a field of the event, or one of the finding's own keys. */
const ROWS: readonly Row[] = [
  { label: "host", field: "host.name" },
  { label: "host id", field: "host.id" },
  { label: "user", field: "user.name" },
  { label: "executable", field: "process.executable" },
  { label: "parent", field: "process.parent.executable" },
  { label: "command", field: "process.command_line" },
  // Where no process did it, as in a cloud's audit log.
  { label: "action", field: "event.action", unless: "process.executable" },
  { label: "source", field: "source.ip", unless: "process.executable" },
  { label: "destination", field: "destination.ip" },
  { label: "account", field: "cloud.account.id" },
  { label: "region", field: "cloud.region" },
  { label: "seen", field: "kibana.alert.original_time" },
  { label: "id", field: "kibana.alert.uuid" },
];

/** Of calls of an API: who, from where, which and on what. */
const CALLS: Readonly<Record<string, readonly Row[]>> = {
  "aws.cloudtrail": [
    { label: "user", field: "user.name" },
    { label: "identity", field: "aws.cloudtrail.user_identity.arn" },
    { label: "from", field: "source.address" },
    { label: "service", field: "event.provider" },
    { label: "call", field: "event.action" },
    { label: "outcome", field: "event.outcome" },
    { label: "on", field: "aws.cloudtrail.resources.arn" },
    { label: "target", field: "entity.target.id" },
    { label: "account", field: "cloud.account.id" },
    { label: "region", field: "cloud.region" },
    ...ROWS.slice(-2),
  ],
  "kubernetes.audit_logs": [
    { label: "user", field: "user.name" },
    { label: "from", field: "source.ip" },
    { label: "agent", field: "user_agent.original" },
    { label: "call", field: "event.action" },
    { label: "outcome", field: "event.outcome" },
    { label: "on", field: "kubernetes.audit.requestURI" },
    { label: "cluster", field: "orchestrator.cluster.name" },
    ...ROWS.slice(-2),
  ],
};

interface Row {
  readonly label: string;
  readonly field: string;
  /** Left out where the event has this field. */
  readonly unless?: string;
}

/** A line for people: its values are the attacker's, as they came. */
export interface Fact {
  readonly label: string;
  readonly values: readonly string[];
  /** How many more there are. */
  readonly more: number;
}

/** Who, where, what and when, as far as the finding says. */
export function factsOf(finding: Published): Fact[] {
  const [dataset = ""] = valuesOf(finding, "event.dataset");
  const rows = Object.hasOwn(CALLS, dataset) ? CALLS[dataset] : undefined;
  return (rows ?? ROWS).flatMap(({ label, field, unless }): Fact[] => {
    if (unless !== undefined && valuesOf(finding, unless).length > 0) return [];
    const all = field.startsWith("kibana.")
      ? [ownText(finding, field)].filter((text) => text !== "")
      : valuesOf(finding, field);
    if (all.length === 0) return [];
    return [{ label, values: all.slice(0, MAX_VALUES), more: Math.max(0, all.length - MAX_VALUES) }];
  });
}

/** A fact's values in a row. @param shown makes one inert for the medium */
export function shownValues({ values, more }: Fact, shown: (value: string) => string): string {
  return values.map((value) => shown(value)).join(", ") + (more > 0 ? `, and ${more} more` : "");
}

/** `MEDIUM`, or what else the finding says. */
export function severityOf(finding: Published): string {
  return ownText(finding, "kibana.alert.severity");
}

export function ruleNameOf(finding: Published): string {
  return ownText(finding, "kibana.alert.rule.name");
}

/** The rule's name where people read it: of a finding that has none, that it has none. */
export function shownRuleName(finding: Published): string {
  const name = ruleNameOf(finding);
  return name.trim() === "" ? "a rule without a name" : name;
}

/**
 * Why the finding was made, in a sentence: the finding's own (`new_terms_stream.why`), or else what is new and within
 * which time.
 * @param shown makes an attacker's words inert for the medium
 */
export function whyOf(finding: Published, shown: (words: string) => string): string {
  const why = ownText(finding, "new_terms_stream.why");
  if (why !== "") return shown(why);
  const terms = combinationOf(finding).map(({ field, value }) => shown(`${field} = ${value}`));
  const since = ownText(finding, "new_terms_stream.history_since");
  const previous = ownText(finding, "new_terms_stream.previous_seen");
  return [
    `${firstTime(finding)}${terms.length === 0 ? "" : `: ${terms.join(", ")}`}`,
    ...(since === "" ? [] : [` (history kept since ${shown(since)})`]),
    ...(previous === "" ? [] : ["; last seen ", shown(previous)]),
  ].join("");
}

/** `First time in 7 days`, or what else the finding stands for. */
export function firstTime(finding: Published): string {
  const type = ownText(finding, "new_terms_stream.type");
  if (type === "overflow") return "More combinations in one event than are looked at";
  const window = windowText(Number(ownText(finding, "new_terms_stream.window_ms")));
  return window === undefined ? "First time" : `First time in ${window}`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
];

/** `7 days`, in the largest unit that leaves nothing over. */
export function windowText(ms: number): string | undefined {
  const [size, unit] = UNITS.find(([each]) => ms >= each && ms % each === 0) ?? [];
  if (size === undefined || !Number.isSafeInteger(ms)) return undefined;
  const count = ms / size;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
