import type { JsonObject, JsonValue } from "../../src/ecs/json.ts";
import type { FieldTypes } from "../../src/ecs/mapping.ts";
import type { KqlNode, Literal } from "../../src/kql/ast.ts";

/** Pseudo-random numbers in [0, 1) that are the same for a seed. */
type Random = () => number;

/** Values a query asks for: some field's name, and a JSON value to put there. */
interface Assignment {
  readonly name: string;
  readonly value: JsonValue;
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** What an attacker, a broken sender, or a careless one would write. */
const HOSTILE: readonly JsonValue[] = [
  "",
  " ",
  "*",
  "?",
  "\\",
  "null",
  "true",
  "True",
  "constructor",
  "__proto__",
  "\u0000",
  "é",
  "e\u0301",
  "ΑΣ",
  "İ",
  "\u{1f600}",
  "\ud800",
  "a\nb",
  "x".repeat(1024),
  "x".repeat(1025),
  "169.254.169.254",
  "::ffff:a9fe:a9fe",
  "fe80::1",
  "10.0.0.1",
  "10.0.0.01",
  "80",
  "080",
  "+80",
  "80.5",
  " 80 ",
  "8e1",
  "0x50",
  "9223372036854775807",
  "9223372036854775808",
  80,
  80.5,
  -1,
  0,
  1e21,
  true,
  false,
  null,
  [],
  [[null]],
  {},
  { x: 1 },
];

/** A copy: what is put into an event is built upon there. */
function hostile(random: Random): JsonValue {
  return structuredClone(pick(random, HOSTILE));
}

const PROTOTYPE_NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "length", "valueOf"];

/** An event that satisfies the query as far as this simple mind can tell; the evaluators decide. */
export function matchingEvent(query: KqlNode, types: FieldTypes, random: Random): JsonObject {
  return spelled([...wanted(query, true, "", types, random)], random);
}

/** The same with one of its fields taken away, changed, or joined by something else. */
export function nearMiss(query: KqlNode, types: FieldTypes, random: Random): JsonObject {
  const assignments = [...wanted(query, true, "", types, random)];
  const at = Math.floor(random() * assignments.length);
  const target = assignments[at];
  if (target === undefined) return {};
  const kind = random();
  if (kind < 0.4) assignments.splice(at, 1);
  else if (kind < 0.8) assignments[at] = { name: target.name, value: mutated(target.value, random) };
  else assignments.push({ name: pick(random, namesOf(query)), value: hostile(random) });
  return spelled(assignments, random);
}

/** Any values, hostile ones and the query's own, in the query's fields. */
export function randomEvent(query: KqlNode, random: Random): JsonObject {
  const names = namesOf(query);
  const texts = literalsOf(query);
  const assignments = Array.from({ length: 1 + Math.floor(random() * 6) }, (): Assignment => {
    const value = random() < 0.5 ? hostile(random) : pick(random, texts);
    return { name: pick(random, names), value: random() < 0.3 ? mutated(value, random) : value };
  });
  return spelled(assignments, random);
}

function* wanted(
  node: KqlNode,
  want: boolean,
  prefix: string,
  types: FieldTypes,
  random: Random,
): Generator<Assignment> {
  switch (node.kind) {
    case "and":
    case "or": {
      const all = (node.kind === "and") === want;
      const chosen = all ? node.nodes : [pick(random, node.nodes)];
      for (const child of chosen) yield* wanted(child, want, prefix, types, random);
      return;
    }
    case "not":
      yield* wanted(node.node, !want, prefix, types, random);
      return;
    case "nested": {
      const name = prefix + nameOf(node.field);
      const inner = [...wanted(node.node, want, "", types, random)];
      if (want) yield { name, value: spelled(inner, random) };
      return;
    }
    case "is":
    case "range": {
      const asked = prefix + nameOf(node.field);
      // An object has its values below it.
      const name = types(asked).type === "object" ? `${asked}.name` : asked;
      if (name === prefix || name === `${prefix}*`) return;
      if (want) yield { name: types(name).source ?? name, value: satisfying(node, types(name).type, random) };
      else if (random() < 0.3) yield { name: types(name).source ?? name, value: hostile(random) };
    }
  }
}

function satisfying(node: Extract<KqlNode, { kind: "is" | "range" }>, type: string, random: Random): JsonValue {
  const { value } = node;
  if (node.kind === "range") {
    const bound = Number(nameOf(value));
    return bound + pick(random, [-1, 0, 1]);
  }
  if (value.kind === "wildcard") {
    if (value.segments.join("") === "") return sampleOf(type, random);
    // Pieces of the pattern itself overlap with what stands around them.
    const filling = random() < 0.3 ? pick(random, value.segments) : pick(random, ["", "x", "/a/b", "\n", "*", "é.z"]);
    const [first = "", ...rest] = value.segments;
    const whole = rest.reduce((text, segment) => text + filling + segment, first);
    return random() < 0.1 ? whole.slice(0, first.length) + whole.slice(first.length + 1) : whole;
  }
  const text = String(value.value);
  if (type === "ip") return addressIn(text, random);
  if ((type === "long" || type === "integer") && random() < 0.7) return Number(text);
  if (type === "boolean" && random() < 0.7) return text === "true";
  return text;
}

function sampleOf(type: string, random: Random): JsonValue {
  if (type === "ip") return pick(random, ["10.1.2.3", "2001:db8::7"]);
  if (type === "long" || type === "integer") return Math.floor(random() * 100_000);
  if (type === "boolean") return random() < 0.5;
  return pick(random, ["some value", "v1", "/usr/bin/thing"]);
}

function addressIn(text: string, random: Random): JsonValue {
  const [net = "", bits] = text.split("/");
  if (bits === undefined) return net.includes(":") || random() < 0.8 ? net : `::ffff:${net}`;
  if (net.includes(":")) return net.endsWith("::") ? `${net}1` : net;
  const parts = net.split(".").map(Number);
  const free = 32 - Number(bits);
  const last = (parts[3] ?? 0) + Math.floor(random() * Math.min(2 ** free, 256 - (parts[3] ?? 0)));
  return [...parts.slice(0, 3), last].join(".");
}

function mutated(value: JsonValue, random: Random): JsonValue {
  if (typeof value !== "string" || value === "") return hostile(random);
  const at = Math.floor(random() * value.length);
  switch (Math.floor(random() * 6)) {
    case 0:
      return value.slice(0, at) + value.slice(at + 1);
    case 1:
      return `${value.slice(0, at)}x${value.slice(at)}`;
    case 2:
      return value.toUpperCase();
    case 3:
      return `${value} `;
    case 4:
      return [value.slice(0, at), value.slice(at)];
    default:
      return hostile(random);
  }
}

/** Puts values into an event: as nested objects, as dotted keys or a mix, alone or in arrays, among other things. */
function spelled(assignments: readonly Assignment[], random: Random): JsonObject {
  const event: Record<string, JsonValue> = {};
  for (const { name, value } of assignments) {
    const given: JsonValue = random() < 0.2 ? [value, ...(random() < 0.5 ? [hostile(random)] : [])] : value;
    put(event, name.split("."), given, random);
  }
  if (random() < 0.1) put(event, [pick(random, PROTOTYPE_NAMES)], hostile(random), random);
  return event;
}

function put(object: Record<string, JsonValue>, parts: readonly string[], value: JsonValue, random: Random): void {
  const length = random() < 0.7 ? 1 : 1 + Math.floor(random() * parts.length);
  const key = parts.slice(0, length).join(".");
  const rest = parts.slice(length);
  const existing = Object.hasOwn(object, key) ? object[key] : undefined;
  const define = (made: JsonValue) =>
    Object.defineProperty(object, key, { value: made, enumerable: true, writable: true, configurable: true });
  if (rest.length === 0) {
    const isArray = Array.isArray(existing);
    define(existing === undefined ? value : isArray ? [...(existing as JsonValue[]), value] : [existing, value]);
    return;
  }
  const isOpen = typeof existing === "object" && existing !== null && !Array.isArray(existing);
  const inner: Record<string, JsonValue> = isOpen ? (existing as Record<string, JsonValue>) : {};
  put(inner, rest, value, random);
  if (isOpen) return;
  define(existing === undefined
    ? inner
    : Array.isArray(existing)
      ? [...(existing as JsonValue[]), inner]
      : [existing, inner]);
}

function nameOf(literal: Literal | null): string {
  if (literal === null) return "";
  return literal.kind === "wildcard" ? literal.segments.join("*") : String(literal.value);
}

function namesOf(node: KqlNode, prefix = ""): string[] {
  switch (node.kind) {
    case "and":
    case "or":
      return node.nodes.flatMap((child) => namesOf(child, prefix));
    case "not":
      return namesOf(node.node, prefix);
    case "nested":
      return namesOf(node.node, `${prefix}${nameOf(node.field)}.`);
    case "is":
    case "range":
      return [prefix + nameOf(node.field)];
  }
}

function literalsOf(node: KqlNode): string[] {
  switch (node.kind) {
    case "and":
    case "or":
      return node.nodes.flatMap(literalsOf);
    case "not":
    case "nested":
      return literalsOf(node.node);
    case "is":
    case "range":
      return [nameOf(node.value)];
  }
}
