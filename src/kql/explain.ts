import type { Field, FieldOptions } from "../ecs/field.ts";
import { isObject, type JsonObject } from "../ecs/json.ts";
import type { Leaf } from "../ecs/leaf.ts";
import { fieldPath } from "../ecs/path.ts";
import { isLoneStar, type KqlNode, literalText } from "./ast.ts";
import { isValueList, offsetOf, textOf } from "./clause-text.ts";
import { compileLeaf, fieldsOf, type LeafNode } from "./compile.ts";
import type { Actual, Explained } from "./explained.ts";
import { flipsTo } from "./nearest.ts";

const MAX_VALUES = 5;

type Explainer = (object: JsonObject) => Explained;

interface Prepared {
  readonly explain: Explainer;
  readonly offset: number;
  readonly text: string;
}

/**
 * Makes a query ready to be explained, each clause by itself, without the short cuts of compile.ts and with its leaves.
 * Work is linear in the query's clauses and the event.
 * @param text the query that `node` was parsed from
 * @throws KqlCompileError as compile does
 */
export function explainer(node: KqlNode, text: string, options: FieldOptions): Explainer {
  return prepare(node, text, options, true).explain;
}

function prepare(node: KqlNode, query: string, options: FieldOptions, expected: boolean): Prepared {
  const { kind } = node;
  if (kind === "is" || kind === "range") return prepareLeaf(node, query, options, expected);
  if (kind === "nested") return prepareNested(node, query, options, expected);
  const inner = (kind === "not" ? [node.node] : node.nodes).map((child) =>
    prepare(child, query, options, kind === "not" ? !expected : expected),
  );
  const text = textOf(
    node,
    query,
    inner.map((part) => part.text),
  );
  const offset = offsetOf(node, query, inner[0]?.offset ?? 0);
  const isList = isValueList(node);
  return {
    offset,
    text,
    explain(object) {
      const nodes = inner.map(({ explain }) => explain(object));
      return { kind, offset, text, expected, verdict: judge(kind, nodes), isList, nodes };
    },
  };
}

/** What a node's verdict is, by those of the nodes in it. */
export function judge(kind: "and" | "or" | "not", nodes: readonly { readonly verdict: boolean }[]): boolean {
  if (kind === "and") return nodes.every(({ verdict }) => verdict);
  const some = nodes.some(({ verdict }) => verdict);
  return kind === "not" ? !some : some;
}

function prepareLeaf(node: LeafNode, query: string, options: FieldOptions, expected: boolean): Prepared {
  const { kind, field: name } = node;
  const holds = compileLeaf(node, options);
  const offset = offsetOf(node, query, 0);
  const text = textOf(node, query, []);
  const actualIn = valuesOf(node, options);
  const told = { kind, offset, text, expected, isList: false, nodes: [] };
  if (name === null || actualIn === undefined) {
    return { offset, text, explain: (object) => ({ ...told, verdict: holds(object) }) };
  }
  const field = full(literalText(name), options);
  return {
    offset,
    text,
    explain: (object) => ({ ...told, verdict: holds(object), field, actual: actualIn(object) }),
  };
}

/** Reads what an event has in a clause's field: as its mapping reads it, multi-fields and patterns of names included. */
function valuesOf({ field: name }: LeafNode, options: FieldOptions): ((object: JsonObject) => Actual) | undefined {
  return name === null || isLoneStar(name) ? undefined : actualOf(fieldsOf(name, options));
}

/** Reads the values of fields, as their mappings see them. */
export function actualOf(fields: readonly Field[]): (object: JsonObject) => Actual {
  return (object) => {
    const values: Leaf[] = [];
    let total = 0;
    let notIndexed = 0;
    for (const { some, semantics } of fields) {
      some(object, (leaf) => {
        if (++total <= MAX_VALUES) values.push(leaf);
        if (!semantics.indexes(leaf)) notIndexed++;
        return false;
      });
    }
    return { values, total, notIndexed };
  };
}

function prepareNested(
  node: Extract<KqlNode, { kind: "nested" }>,
  query: string,
  options: FieldOptions,
  expected: boolean,
): Prepared {
  const { kind } = node;
  const name = node.field === null ? "" : literalText(node.field);
  const field = full(name, options);
  const inner = prepare(node.node, query, { ...options, nestedIn: field }, expected);
  const path = fieldPath(name);
  const text = textOf(node, query, [inner.text]);
  const offset = offsetOf(node, query, inner.offset);
  return {
    offset,
    text,
    explain(object) {
      const objects = path.values(object).filter((value) => isObject(value));
      const nearest = nearestOf(objects, inner.explain);
      const verdict = nearest?.verdict === true;
      const nodes = nearest === undefined ? [] : [nearest];
      return { kind, offset, text, expected, verdict, field, objects: objects.length, isList: false, nodes };
    },
  };
}

/** Of several objects the first that satisfies the query, or the one with the least in its way. */
function nearestOf(objects: readonly JsonObject[], explain: Explainer): Explained | undefined {
  let nearest: Explained | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const object of objects) {
    const explained = explain(object);
    if (explained.verdict) return explained;
    const flips = flipsTo(explained, true);
    if (flips < least) {
      nearest = explained;
      least = flips;
    }
  }
  return nearest;
}

function full(name: string, { nestedIn }: FieldOptions): string {
  return nestedIn === undefined ? name : `${nestedIn}.${name}`;
}
