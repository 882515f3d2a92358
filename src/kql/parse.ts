import type { RangeOperator } from "../ecs/semantics.ts";
import type { KqlNode, Literal } from "./ast.ts";
import { keywordEnd, readLiteral, skipSpaces } from "./literal.ts";
import { KqlSyntaxError } from "./syntax-error.ts";

/** Brackets within brackets; Elastic's deepest rule has seven. Keeps the parser off the end of the stack. */
const MAX_DEPTH = 200;

const OPERATORS: readonly (readonly [string, RangeOperator])[] = [
  ["<=", "lte"],
  [">=", "gte"],
  ["<", "lt"],
  [">", "gt"],
];

const MATCH_ALL: Literal = { kind: "wildcard", segments: ["", ""], offset: 0 };

/**
 * Parses a KQL query as Kibana's grammar does, in linear time.
 * @throws KqlSyntaxError with the UTF-16 offset of the farthest failure, as Kibana reports it
 */
export function parse(text: string): KqlNode {
  let at = skipSpaces(text, 0);
  let depth = 0;

  function fail(expected: string): never {
    throw new KqlSyntaxError(expected, text, at);
  }

  function accept(word: "or" | "and" | "not"): boolean {
    // `not` stands right here; `or` and `and` only after white space.
    const from = word === "not" ? at : skipSpaces(text, at);
    const end = word !== "not" && from === at ? -1 : keywordEnd(text, from, word);
    if (end >= 0) at = end;
    return end >= 0;
  }

  /** `a OR b AND NOT c` over any operand: the query's clauses, and the values of a list alike. */
  function operators(operand: () => KqlNode): KqlNode {
    const list = (kind: "or" | "and", item: () => KqlNode): KqlNode => {
      const first = item();
      const nodes = [first];
      while (accept(kind)) nodes.push(item());
      return nodes.length === 1 ? first : { kind, nodes };
    };
    const not = (): KqlNode => (accept("not") ? { kind: "not", node: operand() } : operand());
    return list("or", () => list("and", not));
  }

  function bracketed(close: ")" | "}", content: () => KqlNode): KqlNode {
    if (++depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} brackets within brackets`);
    at = skipSpaces(text, at + 1);
    const node = content();
    at = skipSpaces(text, at);
    if (text[at] !== close) fail(`"${close}", AND, OR`);
    at++;
    depth--;
    return node;
  }

  function literal(expected: string): Literal {
    const read = readLiteral(text, at);
    if (read === undefined) return fail(expected);
    at = read.end;
    return read.literal;
  }

  function query(): KqlNode {
    return operators(clause);
  }

  function clause(): KqlNode {
    if (text[at] === "(") return bracketed(")", query);
    const first = literal('"(", NOT, field name, value');
    const behind = skipSpaces(text, at);
    const field = first.kind === "unquoted" && first.value === null ? null : first;

    if (text[behind] === ":") {
      at = skipSpaces(text, behind + 1);
      if (text[at] === "{") return { kind: "nested", field, node: bracketed("}", query) };
      return values(field, '"(", "{", value');
    }
    for (const [symbol, operator] of OPERATORS) {
      if (!text.startsWith(symbol, behind)) continue;
      at = skipSpaces(text, behind + symbol.length);
      return { kind: "range", field, operator, value: literal("literal") };
    }
    return { kind: "is", field: null, value: first };
  }

  function values(field: Literal | null, expected = '"(", NOT, value'): KqlNode {
    if (text[at] === "(") return bracketed(")", () => operators(() => values(field)));
    return { kind: "is", field, value: literal(expected) };
  }

  if (at === text.length) return { kind: "is", field: MATCH_ALL, value: MATCH_ALL };
  const node = query();
  at = skipSpaces(text, at);
  if (at < text.length) fail("AND, OR, end of input");
  return node;
}
