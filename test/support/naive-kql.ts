import { isIP } from "node:net";
import type { JsonObject, JsonValue } from "../../src/ecs/json.ts";
import type { FieldTypes, Mapping } from "../../src/ecs/mapping.ts";
import type { KqlNode, Literal } from "../../src/kql/ast.ts";

/**
 * A second reading of KQL, made to be obviously right and not to be fast: it shares the syntax tree and the table of
 * field types with the engine and nothing else. It indexes the event as Elasticsearch would, then asks the index.
 */
export function naiveMatches(query: KqlNode, event: JsonObject, types: FieldTypes): boolean {
  return holds(query, indexOf(event, ""), event, "", types);
}

/** Every scalar of a document by its dotted name. */
type Index = Map<string, string[]>;
/** What JSON type a scalar had goes before its text: b, n or s. */
const tagged = (value: string | number | boolean | { rawJSON: string }): string =>
  typeof value === "string" ? `s${value}` : typeof value === "boolean" ? `b${value}` : `n${textOf(value)}`;
const textOf = (value: number | { rawJSON: string }): string =>
  typeof value === "number" ? String(value) : value.rawJSON;

function indexOf(value: JsonValue, name: string, index: Index = new Map()): Index {
  if (value === null) return index;
  if (Array.isArray(value)) for (const element of value as JsonValue[]) indexOf(element, name, index);
  else if (typeof value === "object" && !JSON.isRawJSON(value)) {
    for (const [key, inner] of Object.entries(value as JsonObject))
      indexOf(inner, name === "" ? key : `${name}.${key}`, index);
  } else {
    const scalar = tagged(value as string | number | boolean | { rawJSON: string });
    index.set(name, [...(index.get(name) ?? []), scalar]);
  }
  return index;
}

function holds(node: KqlNode, index: Index, document: JsonObject, prefix: string, types: FieldTypes): boolean {
  switch (node.kind) {
    case "and":
      return node.nodes.every((child) => holds(child, index, document, prefix, types));
    case "or":
      return node.nodes.some((child) => holds(child, index, document, prefix, types));
    case "not":
      return !holds(node.node, index, document, prefix, types);
    case "nested": {
      const name = prefix + textOfLiteral(node.field);
      return objectsAt(document, textOfLiteral(node.field)).some((object) =>
        holds(node.node, indexOf(object, name), object, `${name}.`, types),
      );
    }
    case "range":
      return namesOf(node.field, prefix, index, types).some((name) =>
        valuesOf(name, index, types).some((value) =>
          inRange(value, node.operator, textOfLiteral(node.value), types(name)),
        ),
      );
    case "is": {
      const isStar = node.value.kind === "wildcard" && node.value.segments.join("*") === "*";
      if (node.field === null || textOfLiteral(node.field) === "*") return isStar;
      const isPattern = node.field.kind === "wildcard";
      return namesOf(node.field, prefix, index, types).some((name) => {
        const values = valuesOf(name, index, types);
        const mapping = types(name);
        if (!isStar) return values.some((value) => equals(value, node.value, mapping));
        const isBelow = !isPattern && existsBelow(name, index, mapping, types);
        return isBelow || values.some((value) => isIndexed(value, mapping));
      });
    }
  }
}

const mappedLike = new WeakMap<FieldTypes, Map<string, readonly string[]>>();

/** The names a field stands for: of a pattern, those of the mapping, and those of the document that it would map. */
function namesOf(field: Literal | null, prefix: string, index: Index, types: FieldTypes): readonly string[] {
  if (field?.kind !== "wildcard") return [prefix + textOfLiteral(field)];
  const segments = field.segments.map((segment, at) => (at === 0 ? prefix + segment : segment));
  const known = mappedLike.get(types) ?? new Map<string, readonly string[]>();
  mappedLike.set(types, known);
  const pattern = segments.join("*");
  const mapped = known.get(pattern) ?? [...types.names()].filter((name) => likes(name, segments));
  known.set(pattern, mapped);
  const own = [...index.keys()].filter((name) => likes(name, segments) && types(name).dynamic === true);
  return [...mapped, ...own];
}

function textOfLiteral(literal: Literal | null): string {
  if (literal === null) return "";
  return literal.kind === "wildcard" ? literal.segments.join("*") : String(literal.value);
}

/** The objects at a path, arrays unpacked, whatever way the path is spelled. */
function objectsAt(document: JsonValue, path: string): JsonObject[] {
  if (Array.isArray(document)) return (document as JsonValue[]).flatMap((element) => objectsAt(element, path));
  if (document === null || typeof document !== "object" || JSON.isRawJSON(document)) return [];
  if (path === "") return [document as JsonObject];
  return Object.entries(document as JsonObject).flatMap(([key, value]) =>
    key === path
      ? objectsAt(value, "")
      : path.startsWith(`${key}.`)
        ? objectsAt(value, path.slice(key.length + 1))
        : [],
  );
}

function valuesOf(name: string, index: Index, types: FieldTypes): string[] {
  const mapping = types(name);
  const own = index.get(mapping.source ?? name) ?? [];
  if (mapping.type === "object") return [];
  if (mapping.type !== "flattened" || mapping.flattenedIn !== undefined) return own;
  // A scalar where an object is mapped is taken as absent.
  return [...index].filter(([key]) => key.startsWith(`${name}.`)).flatMap(([, values]) => values);
}

function existsBelow(name: string, index: Index, { type, dynamic }: Mapping, types: FieldTypes): boolean {
  if (type !== "object" && dynamic !== true) return false;
  return [...index].some(
    ([key, values]) => key.startsWith(`${name}.`) && values.some((value) => isIndexed(value, types(key))),
  );
}

/** The type one value takes in a field nobody mapped. */
function typeFor(value: string, { type, dynamic }: Mapping): string {
  if (dynamic !== true) return type;
  if (value.startsWith("b")) return "boolean";
  if (value.startsWith("s")) return "keyword";
  return /[.eE]/.test(value.slice(1)) ? "float" : "long";
}

function isIndexed(value: string, mapping: Mapping): boolean {
  const text = value.slice(1);
  switch (typeFor(value, mapping)) {
    case "keyword":
    case "wildcard":
    case "constant_keyword":
      return text.length <= (mapping.ignoreAbove ?? Number.POSITIVE_INFINITY);
    case "flattened":
    case "text":
    case "match_only_text":
      return true;
    case "long":
      return wholeOf(value) !== undefined;
    case "integer":
      return BigInt.asIntN(32, wholeOf(trimmed(value)) ?? 2n ** 40n) === wholeOf(trimmed(value));
    case "float":
      return floatOf(value) !== undefined;
    case "boolean":
      return booleanOf(value) !== undefined;
    case "ip":
      return addressOf(text) !== undefined && value.startsWith("s");
    case "unmapped":
      return false;
    default:
      throw new Error(`no naive reading of ${mapping.type}`);
  }
}

function equals(value: string, literal: Literal, mapping: Mapping): boolean {
  if (!isIndexed(value, mapping)) return false;
  const text = value.slice(1);
  const wanted = textOfLiteral(literal);
  switch (typeFor(value, mapping)) {
    // Every star is one, whatever stands around it.
    case "constant_keyword":
      return likes(text, wanted.split("*"));
    case "keyword":
    case "wildcard":
    case "flattened": {
      const fold = (each: string) =>
        mapping.normalizer === "lowercase"
          ? [...each].map((char) => (char === "İ" ? "i" : char.toLowerCase())).join("")
          : each;
      return literal.kind === "wildcard" ? likes(fold(text), literal.segments.map(fold)) : fold(text) === fold(wanted);
    }
    case "text":
    case "match_only_text": {
      const found = naiveWords(text);
      if (literal.kind === "quoted") return ` ${found.join("\0 ")}\0`.includes(` ${naiveWords(wanted).join("\0 ")}\0`);
      if (literal.kind !== "wildcard") return naiveWords(wanted).some((word) => found.includes(word));
      const pieces = wanted.split(/\s/);
      return (
        pieces.includes("*") ||
        pieces.some((piece) => found.some((word) => likes(word, piece.toLowerCase().split("*"))))
      );
    }
    case "long":
    case "integer": {
      const number = /^[+-]?\d+$/.test(wanted) ? BigInt(wanted.replace("+", "")) : undefined;
      if (number === undefined && mapping.dynamic !== true) throw new Error(`no naive reading of the number ${wanted}`);
      return wholeOf(mapping.type === "integer" ? trimmed(value) : value) === number;
    }
    case "float":
      return floatOf(value) === Math.fround(Number(wanted));
    case "boolean":
      return String(booleanOf(value)) === wanted;
    case "ip": {
      const address = addressOf(text) ?? -1n;
      if (!wanted.includes("/")) return address === addressOf(wanted);
      const [net = "", bits = ""] = wanted.split("/");
      const host = 128n - BigInt(bits) - (isIP(net) === 4 ? 96n : 0n);
      return address >> host === (addressOf(net) ?? -2n) >> host;
    }
    default:
      return false;
  }
}

function inRange(value: string, operator: string, bound: string, mapping: Mapping): boolean {
  if (!isIndexed(value, mapping)) return false;
  const compared = (): number => {
    switch (typeFor(value, mapping)) {
      case "long":
      case "integer":
        return Number((wholeOf(trimmed(value)) ?? 0n) - BigInt(bound));
      case "keyword":
      case "wildcard":
      case "constant_keyword":
        return Buffer.compare(Buffer.from(value.slice(1)), Buffer.from(bound));
      default:
        throw new Error(`no naive range over ${mapping.type}`);
    }
  };
  const order = compared();
  return operator === "gt" ? order > 0 : operator === "gte" ? order >= 0 : operator === "lt" ? order < 0 : order <= 0;
}

/** Integers are read by way of a double, which takes blanks around a string. */
function trimmed(value: string): string {
  return value[0] + value.slice(1).trim();
}

function wholeOf(value: string): bigint | undefined {
  const text = value.slice(1);
  if (value.startsWith("b") || !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text)) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const integer = point <= 0 ? "0" : digits.padEnd(point, "0").slice(0, point);
  const number = BigInt(integer || "0") * (sign === "-" ? -1n : 1n);
  return number >= -(2n ** 63n) && number < 2n ** 63n ? number : undefined;
}

function floatOf(value: string): number | undefined {
  const number = Math.fround(Number(value.slice(1)));
  return value.startsWith("b") || value.slice(1).trim() === "" || !Number.isFinite(number) ? undefined : number;
}

function booleanOf(value: string): boolean | undefined {
  return value === "btrue" || value === "strue" ? true : ["bfalse", "sfalse", "s"].includes(value) ? false : undefined;
}

/** Each value of a field, as JSON type and text; of a nested field none, since its objects are documents of their own. */
export function naiveValues(name: string, event: JsonObject, types: FieldTypes): string[] {
  const mapping = types(name);
  if (mapping.nestedIn !== undefined || mapping.type === "nested") return [];
  return valuesOf(name, indexOf(event, ""), types).filter((value) => isIndexed(value, mapping));
}

export function addressOf(text: string): bigint | undefined {
  if (isIP(text) === 4) return 0xffff_0000_0000n + text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  if (isIP(text) !== 6 || text.includes("%")) return undefined;
  // The URL parser writes any IPv6 address out in hexadecimal groups.
  const groups = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = "", tail] = groups.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** A pattern by dynamic programming over its characters, a star as one of them. */
function likes(text: string, segments: readonly string[]): boolean {
  let states = new Set([0]);
  const pattern = segments.flatMap((segment, index) => (index === 0 ? segment.split("") : ["*", ...segment.split("")]));
  const isStar = new Set<number>();
  let at = segments[0]?.length ?? 0;
  for (const segment of segments.slice(1)) {
    isStar.add(at);
    at += 1 + segment.length;
  }
  const closure = (from: Iterable<number>) => {
    const all = new Set(from);
    for (const state of all) if (isStar.has(state)) all.add(state + 1);
    return all;
  };
  states = closure(states);
  for (const char of text.split("")) {
    const after = [...states].flatMap((state) =>
      isStar.has(state) ? [state] : pattern[state] === char ? [state + 1] : [],
    );
    states = closure(after);
  }
  return states.has(pattern.length);
}

const SEGMENTER = new Intl.Segmenter("en", { granularity: "word" });

/** Words as ICU finds them, put together again where Lucene does not split: at a colon between letters. */
export function naiveWords(text: string): string[] {
  const found: string[] = [];
  let before = "";
  for (const { segment, isWordLike: isIcuWord } of SEGMENTER.segment(text)) {
    // An emoji is a word of Lucene's.
    const isWordLike = isIcuWord === true || /\p{Extended_Pictographic}/u.test(segment);
    if (before === ":" && isWordLike && /^\p{L}/u.test(segment) && /\p{L}$/u.test(found.at(-1) ?? "")) {
      found.push(`${found.pop()}:${segment}`);
    } else if (isWordLike) found.push(segment);
    before = segment === ":" && !/\p{L}$/u.test(before) ? "" : segment;
  }
  // ICU takes a run of underscores for a word.
  return found.filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word)).map((word) => word.toLowerCase());
}
