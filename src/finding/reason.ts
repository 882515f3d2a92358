import type { EcsEvent } from "../ecs/json.ts";
import { leafText } from "../ecs/leaf.ts";
import { type FieldPath, fieldPath } from "../ecs/path.ts";
import { inert } from "./inert.ts";

/** Most UTF-16 units of one field's values. */
const MAX_LENGTH = 256;

const FIELDS = {
  category: fieldPath("event.category"),
  process: fieldPath("process.name"),
  parent: fieldPath("process.parent.name"),
  file: fieldPath("file.name"),
  sourceIp: fieldPath("source.ip"),
  sourcePort: fieldPath("source.port"),
  destinationIp: fieldPath("destination.ip"),
  destinationPort: fieldPath("destination.port"),
  user: fieldPath("user.name"),
  host: fieldPath("host.name"),
  dataset: fieldPath("event.dataset"),
  provider: fieldPath("event.provider"),
  action: fieldPath("event.action"),
  sourceAddress: fieldPath("source.address"),
  identity: fieldPath("aws.cloudtrail.user_identity.arn"),
  service: fieldPath("aws.cloudtrail.user_identity.invoked_by"),
  resource: fieldPath("aws.cloudtrail.resources.arn"),
  target: fieldPath("entity.target.id"),
  account: fieldPath("cloud.account.id"),
  kind: fieldPath("orchestrator.resource.type"),
  namespace: fieldPath("orchestrator.namespace"),
  object: fieldPath("orchestrator.resource.name"),
};

/** Whose events are calls of an API: Kibana's sentence would not say of which. */
const CALLS = new Set(["aws.cloudtrail", "kubernetes.audit_logs"]);

/**
 * The sentence Kibana writes on an alert: what happened, by whom, on which host, and the rule's name. Absent parts are
 * left out, arrays are joined, and a lone "-" counts as absent. Of a call of an API it says which, from where and on what. What the event says in it is inert, and bounded.
 */
export function reasonFor(event: EcsEvent, severity: string, ruleName: string): string {
  const read = (name: keyof typeof FIELDS): string | undefined => {
    const text = inert(joined(FIELDS[name], event), MAX_LENGTH);
    return text === "" || text === "-" ? undefined : text;
  };
  const part = (label: string, value: string | undefined) => (value === undefined ? [] : [`${label} ${value}`]);
  const address = (ip: string | undefined, port: string | undefined) =>
    ip === undefined || port === undefined ? ip : `${ip}:${port}`;

  const dataset = read("dataset");
  if (dataset !== undefined && CALLS.has(dataset)) {
    const object = [read("kind"), read("namespace"), read("object")].filter((text) => text !== undefined);
    const on = read("resource") ?? read("target") ?? (object.length > 0 ? object.join(" ") : read("account"));
    return [
      ...part("", read("category")).map((text) => text.trim()),
      "event",
      ...part("with call", [read("provider"), read("action")].filter((text) => text !== undefined).join(" ")),
      ...part("from", read("sourceIp") ?? read("sourceAddress")),
      ...part("by", read("user") ?? read("identity") ?? read("service")),
      ...part("on", on),
      `created ${severity} alert ${ruleName}.`,
    ].join(" ");
  }
  const things = [
    ...part("process", read("process")),
    ...part("parent process", read("parent")),
    ...part("file", read("file")),
    ...part("source", address(read("sourceIp"), read("sourcePort"))),
    ...part("destination", address(read("destinationIp"), read("destinationPort"))),
  ];
  return [
    ...part("", read("category")).map((text) => text.trim()),
    "event",
    ...(things.length === 0 ? [] : [`with ${things.join(", ")},`]),
    ...part("by", read("user")),
    ...part("on", read("host")),
    `created ${severity} alert ${ruleName}.`,
  ].join(" ");
}

/** A field's values, as many as can be shown: an event may hold hundreds of thousands. */
function joined(path: FieldPath, event: EcsEvent): string {
  let text: string | undefined;
  path.some(event, (leaf) => {
    text = text === undefined ? leafText(leaf) : `${text}, ${leafText(leaf)}`;
    return text.length > MAX_LENGTH;
  });
  return text ?? "";
}
