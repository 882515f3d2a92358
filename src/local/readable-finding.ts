import { styleText } from "node:util";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, leafText } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import { inertCut } from "../finding/inert.ts";

const MAX_LENGTH = 160;
/** Values of one field. */
const MAX_VALUES = 10;

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

/** A finding as a block for a terminal. An attacker writes its texts: they are shown inert, and bounded. */
export function readableFinding(body: string): string {
  const finding = JSON.parse(body) as JsonObject;
  const severity = text(finding["kibana.alert.severity"]);
  const title = `${isCanaryFinding(finding) ? "CANARY" : severity.toUpperCase()} ${text(finding["kibana.alert.risk_score"])}  ${text(finding["kibana.alert.rule.name"])}`;
  const rows = ROWS.flatMap(([label, name]) => {
    const all = name.startsWith("kibana.") ? [finding[name] ?? null] : fieldPath(name).values(finding);
    const values = all.filter((value) => value !== null && isLeaf(value) && value !== "");
    const more = values.length > MAX_VALUES ? `, and ${values.length - MAX_VALUES} more` : "";
    return values.length === 0 ? [] : [row(label, values.slice(0, MAX_VALUES).map(text).join(", ") + more)];
  });
  return [
    styleText(["bold", severity === "low" ? "cyan" : "yellow"], title),
    row("new", newTerms(finding)),
    ...suppressedRows(finding),
    ...rows,
  ].join("\n");
}

/** True for the finding of the canary's event, which is for its alarm and for no person. */
export function isCanaryFinding(finding: JsonObject): boolean {
  return finding["new_terms_stream.type"] === "canary";
}

/** Of a message that closes a window of alert suppression: what came after the first. */
function suppressedRows(finding: JsonObject): string[] {
  const window = finding["new_terms_stream.suppressed"];
  if (window === undefined || !isObject(window)) return [];
  const { combinations, count } = window;
  const shown = (Array.isArray(combinations) ? combinations : []).slice(0, MAX_VALUES).map((each: JsonValue) => {
    const terms = isObject(each) ? each["terms"] : [];
    return row("", (Array.isArray(terms) ? terms : []).map(text).join("  "));
  });
  return [row("suppressed", `${text(count)} more after it`), ...shown];
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
  return inertCut(leafText(value), MAX_LENGTH);
}
