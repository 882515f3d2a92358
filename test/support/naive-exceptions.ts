import type { JsonObject } from "../../src/ecs/json.ts";
import type { FieldTypes } from "../../src/ecs/mapping.ts";
import type { KqlNode, Literal } from "../../src/kql/ast.ts";
import { addressOf, naiveMatches, naiveValues, naiveWords } from "./naive-kql.ts";

/** An item as Kibana's API has it, a value list's values in it. */
export interface NaiveItem {
  readonly entries: readonly NaiveEntry[];
  readonly os_types?: readonly string[];
  readonly expire_time?: string;
}

export interface NaiveEntry {
  readonly field: string;
  readonly operator?: "included" | "excluded";
  readonly type: "match" | "match_any" | "wildcard" | "exists" | "list" | "nested";
  readonly value?: string | readonly string[];
  readonly list?: { readonly id: string; readonly type: string; readonly values: readonly string[] };
  readonly entries?: readonly NaiveEntry[];
}

/**
 * A second reading of exceptions, made to be obviously right: what KQL has words for is asked of the naive reading of KQL,
 * and what it has not (wildcard queries, lists) of the event's values one by one.
 */
export function naiveExcepts(items: readonly NaiveItem[], event: JsonObject, types: FieldTypes, at: number): boolean {
  return items.some(
    ({ entries, os_types = [], expire_time }) =>
      (expire_time === undefined || Date.parse(expire_time) >= at) &&
      entries.every((entry) => holds(entry, event, types)) &&
      (os_types.length === 0 ||
        os_types.some((value) =>
          ["host.os.type", "host.os.name.caseless"].some((field) =>
            holds({ field, type: "match", value }, event, types),
          ),
        )),
  );
}

function holds(entry: NaiveEntry, event: JsonObject, types: FieldTypes): boolean {
  const { field, operator, type, entries = [] } = entry;
  if (type === "nested") {
    // What a deeper nested field holds stands in documents of its own.
    const isWithin = (each: NaiveEntry) => types(`${field}.${each.field}`).nestedIn === field;
    const nodes = entries.map((each) => nodeOf(isWithin(each) ? each : { ...each, type: "match_any", value: [] }));
    const node: KqlNode = { kind: "and", nodes };
    return naiveMatches({ kind: "nested", field: text(field), node }, event, types);
  }
  const mapping = types(field);
  const isReachable = mapping.nestedIn === undefined && mapping.type !== "nested";
  const is = isReachable && isIncluded({ ...entry, operator: "included" }, event, types);
  return operator === "excluded" ? !is : is;
}

function isIncluded(entry: NaiveEntry, event: JsonObject, types: FieldTypes): boolean {
  const { field, type, value, list } = entry;
  const mapping = types(field);
  const values = naiveValues(field, event, types).map((each) => each.slice(1));
  const isText = mapping.type === "text" || mapping.type === "match_only_text";
  if (type === "wildcard") {
    const pattern = String(value);
    if (mapping.type === "constant_keyword") return values.some((each) => likes(each, pattern, true));
    const folded = mapping.normalizer === "lowercase" ? pattern.toLowerCase() : pattern;
    const seen = isText
      ? values.flatMap(naiveWords)
      : values.map((each) => (folded === pattern ? each : each.toLowerCase()));
    const fold = mapping.normalizer === "lowercase" ? (each: string) => each.toLowerCase() : (each: string) => each;
    return seen.some((each) => likes(fold(each), folded, false));
  }
  if (type === "list" && list !== undefined) {
    if (isText) return values.flatMap(naiveWords).some((word) => list.values.includes(word));
    const isRange = (each: string) => list.type === "ip_range" && each.includes("-");
    const inRange = (each: string) => {
      const [from = "", to = ""] = each.split("-");
      const bounds = [addressOf(from), addressOf(to)];
      return values
        .map(addressOf)
        .some((found) => found !== undefined && found >= (bounds[0] ?? 0n) && found <= (bounds[1] ?? 0n));
    };
    const single = list.values.filter((each) => !isRange(each));
    return (
      list.values.filter(isRange).some(inRange) ||
      single.some((each) => naiveMatches(nodeOf({ field, type: "match", value: each }), event, types))
    );
  }
  return naiveMatches(nodeOf(entry), event, types);
}

/** What KQL has words for. */
function nodeOf({ field, operator, type, value }: NaiveEntry): KqlNode {
  const is = (literal: Literal): KqlNode => ({ kind: "is", field: text(field), value: literal });
  const node: KqlNode =
    type === "exists"
      ? is({ kind: "wildcard", segments: ["", ""], offset: 0 })
      : { kind: "or", nodes: [value ?? []].flat().map((each) => is(text(each))) };
  return operator === "excluded" ? { kind: "not", node } : node;
}

function text(value: string): Literal {
  return { kind: "quoted", value, offset: 0 };
}

/** A pattern by trying every split: `*`, `?` and an escape, or the star alone. */
function likes(value: string, pattern: string, isStarOnly: boolean): boolean {
  const places = [...pattern];
  const chars = [...value];
  const seen = new Map<string, boolean>();
  const from = (at: number, place: number): boolean => {
    const key = `${at} ${place}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    let result: boolean;
    const char = places[place];
    if (char === undefined) result = at === chars.length;
    else if (char === "*") result = from(at, place + 1) || (at < chars.length && from(at + 1, place));
    else if (char === "?" && !isStarOnly) result = at < chars.length && from(at + 1, place + 1);
    else if (char === "\\" && !isStarOnly && place + 1 < places.length)
      result = chars[at] === places[place + 1] && from(at + 1, place + 2);
    else result = chars[at] === char && from(at + 1, place + 1);
    seen.set(key, result);
    return result;
  };
  return from(0, 0);
}
