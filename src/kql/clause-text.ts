import { type KqlNode, type Literal, literalText } from "./ast.ts";
import { readLiteral, skipSpaces } from "./literal.ts";

/** UTF-16 units of a clause's text: that of a whole query would be told at each of its nodes. */
const MAX_TEXT = 400;

const SYMBOLS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * A clause as KQL, its literals as they were written.
 * @param inner the texts of the nodes in it
 */
export function textOf(node: KqlNode, query: string, inner: readonly string[]): string {
  switch (node.kind) {
    case "and":
    case "or":
      return cut(
        isValueList(node) ? listText(node.nodes, query) : joined(bracketed(node.nodes, inner), ` ${node.kind} `),
      );
    case "not":
      return cut(`not ${bracketed([node.node], inner).join("")}`);
    case "nested":
      return cut(`${fieldText(node.field, query)}{ ${inner.join("")} }`);
    case "is":
      return cut(`${fieldText(node.field, query)}${source(node.value, query)}`);
    case "range": {
      const name = node.field === null ? "" : source(node.field, query);
      return cut(`${name} ${SYMBOLS[node.operator]} ${source(node.value, query)}`);
    }
  }
}

function listText(nodes: readonly KqlNode[], query: string): string {
  const values = nodes.flatMap((node) => (node.kind === "is" ? node : []));
  const texts = values.slice(0, MAX_TEXT).map(({ value }) => source(value, query));
  return `${fieldText(values[0]?.field ?? null, query)}(${joined(texts, " or ")})`;
}

function bracketed(nodes: readonly KqlNode[], inner: readonly string[]): string[] {
  return inner.map((text, index) => {
    const node = nodes[index];
    return node !== undefined && "nodes" in node && !isValueList(node) ? `(${text})` : text;
  });
}

/** `field:(a or b)`: the parser gives all values the very field that was written once. */
export function isValueList(node: KqlNode): boolean {
  if (node.kind !== "or") return false;
  const [first] = node.nodes;
  return first?.kind === "is" && node.nodes.every((each) => each.kind === "is" && each.field === first.field);
}

/** As many texts as are sure to be more than is told. */
function joined(texts: readonly string[], by: string): string {
  return texts.slice(0, MAX_TEXT).join(by);
}

function fieldText(field: Literal | null, query: string): string {
  return field === null || query === "" ? "" : `${source(field, query)}:`;
}

/** A literal as it was written; of an empty query, what it stands for. */
function source(literal: Literal, query: string): string {
  const read = readLiteral(query, literal.offset);
  return read === undefined ? literalText(literal) : query.slice(literal.offset, read.end).trimEnd();
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
}

/** Where a clause begins: a value of a list at the value, a `not` at its word, all others with the first clause in them. */
export function offsetOf(node: KqlNode, query: string, first: number): number {
  switch (node.kind) {
    case "is":
    case "range":
      return node.field === null || isInList(node, query) ? node.value.offset : node.field.offset;
    case "nested":
      return node.field?.offset ?? first;
    case "not":
      return notBefore(query, firstValue(node.node)) ?? notBefore(query, first) ?? first;
    default:
      return isValueList(node) ? (fieldOffset(node.nodes[0]) ?? first) : first;
  }
}

function fieldOffset(node: KqlNode | undefined): number | undefined {
  return node?.kind === "is" ? node.field?.offset : undefined;
}

function isInList({ field, value }: Extract<KqlNode, { kind: "is" | "range" }>, query: string): boolean {
  if (field === null) return false;
  const end = readLiteral(query, field.offset)?.end ?? value.offset;
  // Behind the colon: a bracket, or the value.
  return query[skipSpaces(query, skipSpaces(query, end) + 1)] === "(";
}

/** In `field:(not value)` the word stands before the value, and elsewhere before the field. */
function firstValue(node: KqlNode): number {
  let current: KqlNode | undefined = node;
  while (current !== undefined && "nodes" in current) current = current.nodes[0];
  if (current?.kind === "not" || current?.kind === "nested") return firstValue(current.node);
  return current?.value.offset ?? 0;
}

function notBefore(query: string, offset: number): number | undefined {
  let at = offset;
  while (at > 0 && " \t\r\n\u00a0(".includes(query.charAt(at - 1))) at--;
  return query.slice(Math.max(0, at - 3), at).toLowerCase() === "not" ? at - 3 : undefined;
}
