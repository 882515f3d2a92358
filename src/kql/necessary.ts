import { starred } from "../ecs/constant-keyword.ts";
import { parseDecimal } from "../ecs/decimal.ts";
import { lowerCase } from "../ecs/keyword.ts";
import type { FieldTypes, Mapping } from "../ecs/mapping.ts";
import type { Origin, Origins } from "../ecs/origin.ts";
import { isLoneStar, type KqlNode, type Literal, literalText } from "./ast.ts";

/**
 * Strings of which one at least stands in the JSON text of any event that a query matches: printable ASCII that JSON
 * writes in one way only, `\u` escapes aside. A quote at its end is that of a value's end, and `":` that of a part of a
 * key, which a dot can be as well; so can a backslash, which is before each quote where the event is a text within a text.
 * With `/i` at its end, which no other has, it may stand there in any case.
 */
export type Necessary = readonly string[];

interface Need {
  readonly literals: Necessary;
  /** How much a record without them tells: the longest literal wins, and the fewest. */
  readonly score: number;
}

/**
 * What more than one in twenty events hold, of Elastic Defend, Sysmon, auditd and AWS, or of those that bench/ invents: a
 * need that one of them meets tells little.
 */
export const EVERYDAY: ReadonlySet<string> = new Set(
  `version user action host event name type parent original number aws azure id ip port pid process executable command
   command_line source destination client server user_agent organization security status_code email mail root resource
   properties identity group
   "process" "success" "start" "network" "windows" "linux" "web" "change" "iam" "file"
   "aws.cloudtrail" "svchost.exe" "powershell.exe" "iexplore.exe" "exec" "tcp" "unknown" "terminal" "logged-in" "curl"
   "bash" "authentication" "group" "executed" "creation" "connection_attempted" "AssumedRole" "IAMUser"`.split(/\s+/),
);

/** The score of a value that many events have: a list of thirty short ones still tells more. */
const IS_EVERYDAY = -6;

/** The score of a name that most events have: looked for only where a query needs nothing else. */
const TELLS_NOTHING = -100;

/**
 * With six of them a record takes half as long again to search, of 109 of Elastic's rules, and no more are passed over of
 * real events; with two it is 56 instead of 91 of a hundred.
 */
const MAX_NEEDS = 3;

/**
 * What must stand in the raw text of any event that matches, each need by itself, the most telling first; none where
 * nothing safe is known. An `and` needs what all of its clauses need, an `or` what one of all of them does, and a `not`
 * nothing.
 */
export function necessaryOf(node: KqlNode, types: FieldTypes): readonly Necessary[] {
  return telling(needsOf(node, { types }, "") ?? []);
}

/**
 * The same of the raw text that an event is made of.
 * @param origins where in the raw document the values of each field come from
 * @returns undefined where no event that is made so can match
 */
export function necessaryRaw(node: KqlNode, types: FieldTypes, origins: Origins): readonly Necessary[] | undefined {
  const needs = needsOf(node, { types, origins }, "");
  return needs && telling(needs);
}

function telling(needs: readonly Need[]): readonly Necessary[] {
  const some = needs.filter(({ score }) => score > TELLS_NOTHING / 2);
  return (some.length > 0 ? some : needs).map(({ literals }) => literals);
}

interface Fields {
  readonly types: FieldTypes;
  /** Of a raw text. */
  readonly origins?: Origins;
}

/** @returns undefined where nothing matches: of a raw form that has not what is asked for */
function needsOf(node: KqlNode, fields: Fields, prefix: string): readonly Need[] | undefined {
  switch (node.kind) {
    case "and": {
      const all = node.nodes.map((child) => needsOf(child, fields, prefix));
      return all.includes(undefined) ? undefined : mostTelling(all.flatMap((needs) => needs ?? []));
    }
    case "or": {
      const possible = node.nodes.flatMap((child) => {
        const needs = needsOf(child, fields, prefix);
        return needs === undefined ? [] : [needs];
      });
      return possible.length === 0 ? undefined : unions(possible);
    }
    case "not":
      return [];
    case "nested": {
      if (fields.origins !== undefined) return [];
      const name = node.field === null ? "" : `${prefix}${literalText(node.field)}`;
      const needs = needsOf(node.node, fields, `${name}.`) ?? [];
      return needs.length > 0 ? needs : nameNeeds(name, false);
    }
    case "range":
    case "is": {
      const { kind, field, value } = node;
      if (field === null || field.kind === "wildcard") return [];
      const name = literalText(field);
      const mapping = fields.types(`${prefix}${name}`);
      if (fields.origins !== undefined) {
        return rawNeeds(kind === "is" ? value : undefined, mapping, fields.origins(mapping.source ?? name));
      }
      // A multi-field's own name stands in no event.
      const need = kind === "is" ? valueNeed(value, mapping) : undefined;
      return need === undefined ? nameNeeds(mapping.source ?? name, prefix === "") : [need];
    }
  }
}

/** @param value what the field must be, where that is one value */
function rawNeeds(
  value: Literal | undefined,
  mapping: Mapping,
  origin: Origin | undefined,
): readonly Need[] | undefined {
  if (origin === undefined) return undefined;
  if (origin.kind === "constant") return isOther(value, mapping, origin.value) ? undefined : [];
  const need = value === undefined || origin.kind === "made" ? undefined : valueNeed(value, mapping);
  if (need !== undefined) return [need];
  return origin.from.length === 0 ? [] : unions(origin.from.map((path) => nameNeeds(path, true)));
}

/** Surely another value than the constant. */
function isOther(value: Literal | undefined, { type, normalizer }: Mapping, constant: string): boolean {
  if (value === undefined || value.kind === "wildcard" || normalizer !== undefined) return false;
  const text = literalText(value);
  return (type === "keyword" || (type === "constant_keyword" && !text.includes("*"))) && text !== constant;
}

function mostTelling(needs: readonly Need[]): readonly Need[] {
  const distinct = new Map(needs.map((need) => [need.literals.join("\n"), need]));
  return [...distinct.values()].sort((a, b) => b.score - a.score).slice(0, MAX_NEEDS);
}

/** The first needs of all clauses make one, the second ones another, for as long as each clause has one. */
function unions(clauses: readonly (readonly Need[])[]): readonly Need[] {
  const count = Math.min(...clauses.map(({ length }) => length));
  return mostTelling(
    Array.from({ length: count }, (_, nth) => {
      const all = clauses.flatMap((needs) => needs[nth] ?? []);
      return {
        literals: [...new Set(all.flatMap(({ literals }) => literals))],
        score: Math.min(...all.map(({ score }) => score)) - Math.log2(all.length),
      };
    }),
  );
}

const ANY_CASE = "/i";

/** A literal without what says that it may stand there in any case. */
export function casing(literal: string): { readonly text: string; readonly anyCase: boolean } {
  const anyCase = literal.endsWith(ANY_CASE);
  return { text: anyCase ? literal.slice(0, -ANY_CASE.length) : literal, anyCase };
}

/** The other letters whose lower case is a plain `i` or `k`. */
const DISTANT_CAPITALS = ["\u0130", "\u212a"];

function inAnyCase(piece: string): Necessary {
  return /[ik]/.test(piece) ? [`${piece}${ANY_CASE}`, ...DISTANT_CAPITALS] : [`${piece}${ANY_CASE}`];
}

const INTEGERS = new Set(["long", "integer", "short", "byte", "unsigned_long"]);

/** With fewer digits a number stands everywhere; with more its neighbours may round to it without so many nines. */
const MIN_DIGITS = 3;
const MAX_DIGITS = 7;
const NINES = "99999999";

/**
 * A whole number's digits, zeros at the end aside, stand in each of its spellings, with a point among them where there is
 * an exponent: 445 is 4.45e2. But for a little less that a double rounds up, where an event is too large to be read exactly.
 */
function integerNeed(text: string): Need | undefined {
  const decimal = parseDecimal(text);
  if (decimal === undefined || decimal === "too_large" || decimal.integer.length > MAX_DIGITS) return undefined;
  const digits = decimal.integer.replace(/0+$/, "");
  if (digits.length < MIN_DIGITS) return undefined;
  const pointed = Array.from(
    { length: digits.length - 1 },
    (_, at) => `${digits.slice(0, at + 1)}.${digits.slice(at + 1)}`,
  );
  // Three digits stand in every fifth event by chance.
  return { literals: [digits, ...pointed, NINES], score: digits.length - MIN_DIGITS };
}

/** An IPv6 spelling of an IPv4 address has a group `ffff`: all in small letters, or a last capital before `:` or `f`. */
const MAPPED = ["ffff:", "F:", "Ff"];

const AS_WRITTEN = new Set(["keyword", "wildcard", "constant_keyword", "flattened"]);

function valueNeed(value: Literal, { type, normalizer, dynamic }: Mapping): Need | undefined {
  if (isLoneStar(value)) return undefined;
  if (type === "ip") {
    const text = literalText(value);
    // Of a CIDR block, and of IPv6, there are too many spellings.
    if (text.includes("/") || text.includes(":")) return undefined;
    return { literals: [text, ...MAPPED], score: text.length };
  }
  // What no mapping names may come as a number, and 80 as 8e1.
  if (dynamic === true) return undefined;
  if (INTEGERS.has(type)) return integerNeed(literalText(value));
  if (!AS_WRITTEN.has(type)) return undefined;
  if (normalizer === undefined) return textNeed(value, type, (text) => text);
  const need = textNeed(value, type, lowerCase);
  return need && { literals: need.literals.flatMap(inAnyCase), score: need.score };
}

function textNeed(value: Literal, type: string, fold: (text: string) => string): Need | undefined {
  if (value.kind !== "wildcard" && isOnlyString(literalText(value))) {
    const text = fold(literalText(value));
    if (type !== "constant_keyword" || !text.includes("*")) return longest(quotedPieces(text));
  }
  const texts = (value.kind === "wildcard" ? value.segments : [literalText(value)]).map(fold);
  if (type !== "constant_keyword" && texts.some((text) => IN_STRINGS_ONLY.test(text))) {
    return longest(texts.flatMap((text, at) => quotedPieces(text, at === 0, at === texts.length - 1)));
  }
  // Of a constant_keyword no star is text, quoted or not.
  const written = type === "constant_keyword" ? texts.flatMap(starred) : texts;
  return longest(written.flatMap(safePieces));
}

const NO_STRINGS = new Set(["true", "false", "null"]);

/** Whether no number or boolean has this text: then it stands in quotes. */
function isOnlyString(text: string): boolean {
  const first = text.charAt(text.startsWith("-") ? 1 : 0);
  return text !== "" && !(first >= "0" && first <= "9") && !NO_STRINGS.has(text);
}

/** What no number or boolean has in it. */
const IN_STRINGS_ONLY = /[^-+.0-9eEtrufals]/;

/** The stretches of a string, with the quote before the first where it begins there, and the one behind the last. */
function quotedPieces(text: string, isBeginning = true, isEnd = true): string[] {
  const pieces = safePieces(text);
  return pieces.map((piece, index) => {
    const opened = isBeginning && index === 0 && text.startsWith(piece) ? `"${piece}` : piece;
    return isEnd && index === pieces.length - 1 && text.endsWith(piece) ? `${opened}"` : opened;
  });
}

/**
 * A field's name stands in the text as a key, or as keys within each other: each of its parts does.
 * @param isWhole the first part begins a key of the event itself
 */
function nameNeeds(name: string, isWhole: boolean): readonly Need[] {
  const parts = name.split(".");
  return mostTelling(
    parts.flatMap((part, index) => {
      const pieces = safePieces(part);
      const [piece] = pieces;
      if (piece !== part) return longest(pieces) ?? [];
      const score = EVERYDAY.has(part) ? TELLS_NOTHING : part.length / 4;
      // Every event of a kind has the same names: a value tells more.
      return { literals: [`${isWhole && index === 0 ? '"' : ""}${part}":`], score };
    }),
  );
}

function longest(pieces: readonly string[]): Need | undefined {
  const [piece] = pieces.toSorted((a, b) => b.length - a.length);
  if (piece === undefined) return undefined;
  return { literals: [piece], score: EVERYDAY.has(piece) ? IS_EVERYDAY : piece.length };
}

/** The stretches of a text that JSON has one way to write, but for `\u`. */
function safePieces(text: string): string[] {
  const pieces: string[] = [""];
  for (const char of text) {
    const isSafe = char >= " " && char <= "~" && char !== '"' && char !== "\\" && char !== "/";
    if (isSafe) pieces.push((pieces.pop() ?? "") + char);
    else pieces.push("");
  }
  return pieces.filter((piece) => piece !== "");
}
