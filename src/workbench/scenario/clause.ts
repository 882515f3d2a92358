import { isLoneStar, type KqlNode, type Literal, literalText } from "../../kql/ast.ts";
import { compile, type Predicate } from "../../kql/compile.ts";
import { parse } from "../../kql/parse.ts";
import { placeOf } from "../../kql/syntax-error.ts";
import { typesFor } from "../../rule/detector.ts";
import { compileFilters, readFilter } from "../../rule/filters.ts";
import type { Rule } from "../../rule/rule.ts";
import type { Place } from "./place.ts";

/** A leaf of a rule's query, or one of its filters, by itself. */
export interface Clause {
  readonly text: string;
  /** UTF-16 offset into the query; a filter has none. */
  readonly offset?: number;
  /** @param at what `now` in a date means, epoch ms */
  readonly holds: (event: Parameters<Predicate>[0], at: number) => boolean;
}

/** Every clause that can be true and can be false; `*:*` is always true. */
export function clausesOf(rule: Rule): Clause[] {
  const types = typesFor(rule.index);
  let now = 0;
  const clock = () => now;
  const clause = (text: string, test: Predicate, offset?: number): Clause => ({
    text,
    ...(offset === undefined ? {} : { offset }),
    holds(event, at) {
      now = at;
      return test(event);
    },
  });
  const clauses = leavesOf(parse(rule.query)).map(({ leaf, within }) => {
    // A leaf in braces is asked of each of their objects.
    const node = within.reduceRight<KqlNode>((inner, field) => ({ kind: "nested", field, node: inner }), leaf);
    return clause(leafText(leaf, within), compile(node, types, clock), leaf.value.offset);
  });
  for (const [index, filter] of rule.filters.entries()) {
    if (filter.meta?.disabled === true) continue;
    const plain = { ...filter, meta: { ...filter.meta, negate: false } };
    clauses.push(clause(filterText(rule, index), compileFilters([plain], types, clock)));
  }
  return clauses;
}

type Leaf = Extract<KqlNode, { kind: "is" | "range" }>;

interface Found {
  readonly leaf: Leaf;
  /** The nested fields that it is in the braces of, outermost first. */
  readonly within: readonly (Literal | null)[];
}

function leavesOf(node: KqlNode, within: readonly (Literal | null)[] = []): Found[] {
  switch (node.kind) {
    case "and":
    case "or":
      return node.nodes.flatMap((child) => leavesOf(child, within));
    case "not":
      return leavesOf(node.node, within);
    case "nested":
      return leavesOf(node.node, [...within, node.field]);
    case "range":
      return [{ leaf: node, within }];
    case "is": {
      const isAnything = isLoneStar(node.value) && (node.field === null || isLoneStar(node.field));
      return isAnything ? [] : [{ leaf: node, within }];
    }
  }
}

const OPERATORS = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

/** A clause as it would stand in a query by itself. */
export function leafText(leaf: Leaf, within: readonly (Literal | null)[] = []): string {
  const names = [...within, leaf.field].flatMap((name) => (name === null ? [] : [literalText(name)]));
  const value = leaf.value.kind === "quoted" ? JSON.stringify(leaf.value.value) : literalText(leaf.value);
  const name = names.join(".");
  if (leaf.kind === "range") return `${name} ${OPERATORS[leaf.operator]} ${value}`;
  return name === "" ? value : `${name}:${value}`;
}

export function filterText(rule: Rule, index: number): string {
  const filter = rule.filters[index];
  if (filter === undefined) return `filter ${index + 1}`;
  const query = readFilter(filter);
  const asks = query.kind === "exists" ? "exists" : `wildcard ${query.value}`;
  return `filter ${index + 1}: ${query.field} ${asks}`;
}

/** Where in the rule's file an offset into its query is; nowhere, where the file writes the query with escapes. */
export function queryPlace(ruleText: string, { query }: Rule, offset: number): Place | undefined {
  const start = ruleText.indexOf(query);
  return start < 0 ? undefined : placeOf(ruleText, start + offset);
}
