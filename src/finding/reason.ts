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
};

/**
 * The sentence Kibana writes on an alert: what happened, by whom, on which host, and the rule's name. Absent parts are
 * left out, arrays are joined, and a lone "-" counts as absent. What the event says in it is inert, and bounded.
 */
export function reasonFor(event: EcsEvent, severity: string, ruleName: string): string {
  const read = (name: keyof typeof FIELDS): string | undefined => {
    const text = inert(joined(FIELDS[name], event), MAX_LENGTH);
    return text === "" || text === "-" ? undefined : text;
  };
  const part = (label: string, value: string | undefined) => (value === undefined ? [] : [`${label} ${value}`]);
  const address = (ip: string | undefined, port: string | undefined) =>
    ip === undefined || port === undefined ? ip : `${ip}:${port}`;

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
