import { starred } from "../ecs/constant-keyword.ts";
import type { FieldTypes, Mapping } from "../ecs/mapping.ts";
import { isLoneStar, type KqlNode, type Literal, literalText } from "./ast.ts";

/**
 * Strings of which one at least stands in the JSON text of any event that a query matches: printable ASCII that JSON
 * writes in one way only, `\u` escapes aside.
 */
export type Necessary = readonly string[];

interface Need {
  readonly literals: Necessary;
  /** How much a record without them tells: the longest literal wins, and the fewest. */
  readonly score: number;
}

/**
 * What must stand in the raw text of any event that matches, or undefined where nothing safe is known. An `and` needs what
 * any of its clauses needs, an `or` what one of all of them does, and a `not` nothing.
 */
export function necessaryOf(node: KqlNode, types: FieldTypes): Necessary | undefined {
  return needOf(node, types, "")?.literals;
}

function needOf(node: KqlNode, types: FieldTypes, prefix: string): Need | undefined {
  switch (node.kind) {
    case "and": {
      const needs = node.nodes.flatMap((child) => needOf(child, types, prefix) ?? []);
      return needs.toSorted((a, b) => b.score - a.score)[0];
    }
    case "or":
      return union(node.nodes.map((child) => needOf(child, types, prefix)));
    case "not":
      return undefined;
    case "nested": {
      const name = node.field === null ? "" : `${prefix}${literalText(node.field)}`;
      return needOf(node.node, types, `${name}.`) ?? nameNeed(name);
    }
    case "range":
    case "is": {
      const { kind, field, value } = node;
      if (field === null || field.kind === "wildcard") return undefined;
      const name = literalText(field);
      const mapping = types(`${prefix}${name}`);
      // A multi-field's own name stands in no event.
      return (kind === "is" ? valueNeed(value, mapping) : undefined) ?? nameNeed(mapping.source ?? name);
    }
  }
}

function union(needs: readonly (Need | undefined)[]): Need | undefined {
  const all = needs.flatMap((need) => need ?? []);
  if (all.length < needs.length) return undefined;
  return {
    literals: [...new Set(all.flatMap(({ literals }) => literals))],
    score: Math.min(...all.map(({ score }) => score)) - Math.log2(all.length),
  };
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
  if (!AS_WRITTEN.has(type) || normalizer !== undefined || dynamic === true) return undefined;
  const texts = value.kind === "wildcard" ? value.segments : [literalText(value)];
  // Of a constant_keyword no star is text, quoted or not.
  const written = type === "constant_keyword" ? texts.flatMap(starred) : texts;
  return longest(written.flatMap(safePieces));
}

/** A field's name stands in the text as a key, or as keys within each other: each of its parts does. */
function nameNeed(name: string): Need | undefined {
  const need = longest(name.split(".").flatMap(safePieces));
  // Every event of a kind has the same names: a value tells more.
  return need === undefined ? undefined : { ...need, score: need.score / 4 };
}

function longest(pieces: readonly string[]): Need | undefined {
  const [piece] = pieces.toSorted((a, b) => b.length - a.length);
  return piece === undefined ? undefined : { literals: [piece], score: piece.length };
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
