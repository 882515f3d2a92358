import type { EcsEvent } from "../../ecs/json.ts";
import { type KqlNode, literalText } from "../../kql/ast.ts";
import { compile, type Predicate } from "../../kql/compile.ts";
import { parse } from "../../kql/parse.ts";
import { type Detector, typesFor } from "../../rule/detector.ts";
import { compileFilters, readFilter } from "../../rule/filters.ts";
import { dataStreamOf } from "../../rule/scope.ts";
import { filterText, leafText } from "./clause.ts";

/** What keeps an event from matching: one clause, with the fields it reads. */
export interface Culprit {
  readonly fields: readonly string[];
  readonly text: string;
  /** UTF-16 offset into the query; none where no clause of it is to blame. */
  readonly offset?: number;
}

export type FindCulprit = (event: EcsEvent, at: number) => Culprit | undefined;

const DATA_STREAM = ["data_stream.type", "data_stream.dataset", "data_stream.namespace"];

/**
 * Finds the first thing that is in an event's way: the rule's index, its query's clauses in order, its filters. Not the
 * fewest changes of kql/nearest.ts: a test names any field of an `or`, or of a nested clause without objects, that is in
 * the way, and must not turn on which of them is the cheapest.
 */
export function culpritFinder({ rule, inScope }: Pick<Detector, "rule" | "inScope">): FindCulprit {
  const types = typesFor(rule.index);
  const query = parse(rule.query);
  let now = 0;
  const clock = () => now;
  const compiled = new Map<KqlNode, Predicate>();
  const holds = (node: KqlNode, event: EcsEvent): boolean => {
    const known = compiled.get(node) ?? compile(node, types, clock);
    compiled.set(node, known);
    return known(event);
  };
  const filters = rule.filters.map((filter) => compileFilters([filter], types, clock));

  /** Why a node is not as wanted, down to the clauses that make it so. */
  function blame(node: KqlNode, event: EcsEvent, wanted: boolean): Culprit {
    switch (node.kind) {
      case "not":
        return blame(node.node, event, !wanted);
      case "and":
      case "or": {
        const decides = (node.kind === "and") === wanted;
        const one = decides ? node.nodes.find((child) => holds(child, event) !== wanted) : undefined;
        if (one !== undefined) return blame(one, event, wanted);
        // All of them together: none of an `or` is true, or each of a forbidden `and` is.
        const all = node.nodes.map((child) => blame(child, event, wanted));
        const fields = [...new Set(all.flatMap((each) => each.fields))];
        const offsets = all.flatMap(({ offset }) => offset ?? []);
        const text = `${wanted ? "none" : "all"} of ${all.length} clauses on ${fields.join(", ")}`;
        return { fields, text, ...(offsets.length === 0 ? {} : { offset: Math.min(...offsets) }) };
      }
      case "nested": {
        const name = node.field === null ? "" : literalText(node.field);
        const inner = fieldsWithin(node.node).map((field) => `${name}.${field}`);
        return { fields: [name, ...inner], text: `${name}:{ … }`, offset: node.field?.offset ?? 0 };
      }
      default:
        return {
          fields: fieldsWithin(node),
          text: wanted ? leafText(node) : `not ${leafText(node)}`,
          offset: node.value.offset,
        };
    }
  }

  return (event, at) => {
    now = at;
    if (inScope(dataStreamOf(event)) === "out") {
      return { fields: DATA_STREAM, text: `the rule's index: ${rule.index?.join(", ")}` };
    }
    if (!holds(query, event)) return blame(query, event, true);
    const index = filters.findIndex((passes) => !passes(event));
    const filter = rule.filters[index];
    return filter && { fields: [readFilter(filter).field], text: filterText(rule, index) };
  };
}

function fieldsWithin(node: KqlNode): string[] {
  switch (node.kind) {
    case "and":
    case "or":
      return [...new Set(node.nodes.flatMap(fieldsWithin))];
    case "not":
      return fieldsWithin(node.node);
    case "nested": {
      const name = node.field === null ? "" : literalText(node.field);
      return fieldsWithin(node.node).map((field) => `${name}.${field}`);
    }
    default:
      return node.field === null ? [] : [literalText(node.field)];
  }
}
