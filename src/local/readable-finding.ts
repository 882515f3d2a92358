import { styleText } from "node:util";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";

const MAX_LENGTH = 160;

const ROWS: readonly (readonly [string, string])[] = [
  ["host", "host.name"],
  ["host id", "host.id"],
  ["user", "user.name"],
  ["executable", "process.executable"],
  ["parent", "process.parent.executable"],
  ["command", "process.command_line"],
  ["destination", "destination.ip"],
  ["seen", "kibana.alert.original_time"],
  ["id", "kibana.alert.uuid"],
];

/** A finding as a block for a terminal. What the event says is shown harmless: no control character gets through. */
export function readableFinding(body: string): string {
  const finding = JSON.parse(body) as JsonObject;
  const severity = text(finding["kibana.alert.severity"]);
  const title = `${severity.toUpperCase()} ${text(finding["kibana.alert.risk_score"])}  ${text(finding["kibana.alert.rule.name"])}`;
  const rows = ROWS.flatMap(([label, name]) => {
    const values = name.startsWith("kibana.") ? [finding[name] ?? null] : fieldPath(name).values(finding);
    const shown = values.map(text).filter((value) => value !== "");
    return shown.length === 0 ? [] : [row(label, shown.join(", "))];
  });
  return [
    styleText(["bold", severity === "low" ? "cyan" : "yellow"], title),
    row("new", newTerms(finding)),
    ...rows,
  ].join("\n");
}

function newTerms(finding: JsonObject): string {
  const parameters = finding["kibana.alert.rule.parameters"];
  const fields = isObject(parameters) ? parameters["new_terms_fields"] : [];
  const terms = finding["kibana.alert.new_terms"];
  if (!Array.isArray(fields) || !Array.isArray(terms)) return "";
  return fields.map((field: JsonValue, index) => `${text(field)} = ${text(terms[index])}`).join("  ");
}

function row(label: string, value: string): string {
  return `  ${styleText("dim", label.padEnd(11))} ${value}`;
}

function text(value: JsonValue | undefined): string {
  if (value === null || value === undefined || !isLeaf(value)) return "";
  const harmless = visible(leafText(value));
  return harmless.length > MAX_LENGTH ? `${harmless.slice(0, MAX_LENGTH)}…` : harmless;
}

/** An attacker writes these texts: an escape sequence in them must not reach the terminal, nor turn text around. */
function visible(value: string): string {
  return Array.from(value.slice(0, 2 * MAX_LENGTH), (char) => {
    const code = char.codePointAt(0) ?? 0;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const isFormat =
      (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return isControl || isFormat || code === 0xfeff ? `\\u${code.toString(16).padStart(4, "0")}` : char;
  }).join("");
}
