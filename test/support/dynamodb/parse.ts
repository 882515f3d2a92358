import { invalid } from "./values.ts";

// The part of DynamoDB's expression language that is asked for here: attributes at the top of an item, comparisons,
// attribute_exists and _not_exists, if_not_exists, size, sums, ADD to a set. Whatever else there is, is refused and not guessed at.

export type Operand =
  | { readonly kind: "attribute"; readonly name: string }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "size"; readonly name: string }
  | { readonly kind: "if_not_exists"; readonly name: string; readonly otherwise: Operand }
  | { readonly kind: "sum"; readonly left: Operand; readonly right: Operand; readonly sign: 1 | -1 };

type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly inner: Condition }
  | { readonly kind: "exists"; readonly name: string; readonly expected: boolean }
  | { readonly kind: "compare"; readonly left: Operand; readonly right: Operand; readonly comparator: Comparator };

export interface Update {
  readonly set: readonly { readonly name: string; readonly operand: Operand }[];
  readonly remove: readonly string[];
  /** Elements for sets. */
  readonly add: readonly { readonly name: string; readonly operand: Operand }[];
}

const COMPARATORS: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);
const TOKEN = /\s*(<>|<=|>=|[=<>+\-,()]|[#:]?\w+)/y;

/** Keywords of any case are upper case here; the end is an empty token. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; text.slice(end).trim() !== ""; end = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw invalid(`syntax error at ${end} of: ${text}`);
    tokens.push(/^(and|or|not|set|remove|add)$/i.test(token) ? token.toUpperCase() : token);
  }
  return tokens;
}

function reader(text: string) {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (ahead = 0) => tokens[at + ahead] ?? "";
  const fail = () => invalid(`syntax error at "${peek()}" of: ${text}`);

  function takes(token: string): boolean {
    if (peek() !== token) return false;
    at++;
    return true;
  }
  function expect(token: string): void {
    if (!takes(token)) throw fail();
  }
  function attribute(): string {
    if (!/^#?[A-Za-z_]\w*$/.test(peek())) throw fail();
    return tokens[at++] ?? "";
  }
  function term(): Operand {
    if (peek().startsWith(":")) return { kind: "value", name: tokens[at++] ?? "" };
    if (peek(1) !== "(") return { kind: "attribute", name: attribute() };
    if (takes("size")) {
      expect("(");
      const sized = attribute();
      expect(")");
      return { kind: "size", name: sized };
    }
    expect("if_not_exists");
    expect("(");
    const name = attribute();
    expect(",");
    const otherwise = operand();
    expect(")");
    return { kind: "if_not_exists", name, otherwise };
  }
  function operand(): Operand {
    let left = term();
    for (;;) {
      const sign = takes("+") ? 1 : takes("-") ? -1 : undefined;
      if (sign === undefined) return left;
      left = { kind: "sum", left, right: term(), sign };
    }
  }
  function list<T>(each: () => T): T[] {
    const all = [each()];
    while (takes(",")) all.push(each());
    return all;
  }
  function whole<T>(read: () => T): T {
    const result = read();
    if (at < tokens.length) throw fail();
    return result;
  }
  return { peek, takes, expect, fail, attribute, operand, term, list, whole };
}

type Reader = ReturnType<typeof reader>;

export function parseCondition(text: string): Condition {
  const read = reader(text);
  return read.whole(() => anyOf(read));
}

function anyOf(read: Reader): Condition {
  let left = allOf(read);
  while (read.takes("OR")) left = { kind: "or", left, right: allOf(read) };
  return left;
}

function allOf(read: Reader): Condition {
  let left = single(read);
  while (read.takes("AND")) left = { kind: "and", left, right: single(read) };
  return left;
}

function single(read: Reader): Condition {
  if (read.takes("NOT")) return { kind: "not", inner: single(read) };
  if (read.takes("(")) {
    const inner = anyOf(read);
    read.expect(")");
    return inner;
  }
  for (const expected of [true, false]) {
    if (!read.takes(expected ? "attribute_exists" : "attribute_not_exists")) continue;
    read.expect("(");
    const name = read.attribute();
    read.expect(")");
    return { kind: "exists", name, expected };
  }
  const left = read.term();
  const comparator = read.peek();
  if (!COMPARATORS.has(comparator)) throw read.fail();
  read.expect(comparator);
  return { kind: "compare", left, right: read.term(), comparator: comparator as Comparator };
}

export function parseUpdate(text: string): Update {
  const read = reader(text);
  const update: { -readonly [Part in keyof Update]?: Update[Part] } = {};
  const assignment = () => {
    const name = read.attribute();
    read.expect("=");
    return { name, operand: read.operand() };
  };
  const addition = () => ({ name: read.attribute(), operand: read.term() });
  return read.whole(() => {
    do {
      if (update.set === undefined && read.takes("SET")) update.set = read.list(assignment);
      else if (update.remove === undefined && read.takes("REMOVE")) update.remove = read.list(read.attribute);
      else if (update.add === undefined && read.takes("ADD")) update.add = read.list(addition);
      else throw read.fail();
    } while (read.peek() !== "");
    return { set: update.set ?? [], remove: update.remove ?? [], add: update.add ?? [] };
  });
}

export function parseProjection(text: string): readonly string[] {
  const read = reader(text);
  return read.whole(() => read.list(read.attribute));
}
