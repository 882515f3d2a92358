import { wildcardPattern } from "../../ecs/pattern.ts";
import { ECS_VALUES } from "../../ecs/values.ts";
import { isLoneStar, type Literal, literalText } from "../../kql/ast.ts";
import type { Clause } from "../../kql/walk.ts";
import { nearest } from "../spelling.ts";
import type { Warning } from "./warning.ts";

interface Enumeration {
  /** ECS rules out any other; without it, others are merely uncommon. */
  readonly isClosed: boolean;
  readonly values: readonly string[];
}

let table: Map<string, Enumeration> | undefined;

function enumerationOf(name: string): Enumeration | undefined {
  table ??= readTable();
  return table.get(name);
}

/** Reads the pairs of lines of src/ecs/values.ts. */
function readTable(): Map<string, Enumeration> {
  const found = new Map<string, Enumeration>();
  const lines = ECS_VALUES.trim().split("\n");
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [kind = "", list = ""] = (lines[index + 1] ?? "").split(": ");
    const enumeration = { isClosed: kind === "allowed", values: list.split(", ") };
    for (const name of (lines[index] ?? "").split(" ")) found.set(name, enumeration);
  }
  return found;
}

/** Values that ECS does not have for their field, misspelt or in another case. */
export function valueWarnings(clauses: readonly Clause[]): Warning[] {
  const asked = new Map<string, Set<string>>();
  for (const { name, value } of clauses) asked.set(name, (asked.get(name) ?? new Set()).add(literalText(value)));
  return clauses.flatMap(({ name, value, isRange }) => {
    const warning = isRange || isLoneStar(value) ? undefined : valueWarning(name, value, asked.get(name) ?? new Set());
    return warning === undefined ? [] : [warning];
  });
}

/** @param asked what the query asks of the field in all: a value of another source beside ECS's own is meant */
function valueWarning(name: string, value: Literal, asked: ReadonlySet<string>): Warning | undefined {
  const text = literalText(value);
  const at = value.offset;
  // Elasticsearch names no data stream with a capital in it.
  if (name.startsWith("data_stream.") && text !== text.toLowerCase()) {
    return { code: "case-never-matches", at, message: `${name} is always in lower case: "${text}" never matches` };
  }
  const enumeration = enumerationOf(name);
  if (enumeration === undefined) return undefined;
  const { values, isClosed } = enumeration;
  const fits = value.kind === "wildcard" ? wildcardPattern(value.segments) : (candidate: string) => candidate === text;
  if (values.some(fits)) return undefined;
  const sameLetters = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  const meant = sameLetters ?? nearest(text, values);
  if (meant === undefined ? !isClosed || values.some((each) => asked.has(each)) : asked.has(meant)) return undefined;
  if (sameLetters !== undefined) {
    const message = `case counts in ${name}, and ECS has no "${text}": did you mean "${sameLetters}"?`;
    return { code: "case-never-matches", at, message };
  }
  const advice = meant === undefined ? `it has ${values.join(", ")}` : `did you mean "${meant}"?`;
  return { code: "unknown-value", at, message: `"${text}" is no value of ${name} in ECS: ${advice}` };
}
