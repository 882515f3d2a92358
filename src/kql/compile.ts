import type { Clock } from "../ecs/date-math.ts";
import { type Field, type FieldOptions, field, fieldsLike } from "../ecs/field.ts";
import { semanticsOf } from "../ecs/field-type.ts";
import { isObject, type JsonObject } from "../ecs/json.ts";
import { type LeafTest, never } from "../ecs/leaf.ts";
import { leavesLike, type MappedTest } from "../ecs/leaves.ts";
import type { FieldTypes } from "../ecs/mapping.ts";
import { fieldPath } from "../ecs/path.ts";
import { type FieldSemantics, QueryError } from "../ecs/semantics.ts";
import { isLoneStar, type KqlNode, type Literal, literalText } from "./ast.ts";
import { rarity } from "./rarity.ts";

/** True if the document holds what the query asks, as Elasticsearch would answer were it the only one indexed. */
export type Predicate = (event: JsonObject) => boolean;

/** A query that parses but that Elasticsearch, or this engine, refuses to run against the fields' types. */
export class KqlCompileError extends Error {
  /** `UNSUPPORTED` where Elasticsearch would run it and this engine does not. */
  readonly code: QueryError["code"];
  /** 0-based UTF-16 offset of the offending literal. */
  readonly offset: number;

  constructor(message: string, code: QueryError["code"], offset: number, cause?: unknown) {
    super(message, { cause });
    this.name = "KqlCompileError";
    this.code = code;
    this.offset = offset;
  }
}

export type LeafNode = Extract<KqlNode, { kind: "is" | "range" }>;
type IsNode = Extract<KqlNode, { kind: "is" }>;
type FieldClause = IsNode & { readonly field: Literal };

/**
 * Turns a parsed query into a closure over pre-split field paths.
 * @param clock what `now` means in a date, asked for each event
 * @throws KqlCompileError
 */
export function compile(node: KqlNode, types: FieldTypes, clock: Clock = Date.now): Predicate {
  return compileNode(node, { types, clock });
}

function compileNode(node: KqlNode, options: FieldOptions): Predicate {
  switch (node.kind) {
    case "and":
      return every(rarestFirst(node.nodes.map((child) => [child, compileNode(child, options)])));
    case "or":
      return some(byField(node.nodes).map((branch) => compileBranch(branch, options)));
    case "not": {
      const inner = compileNode(node.node, options);
      return (event) => !inner(event);
    }
    case "is":
    case "range":
      return compileLeaf(node, options);
    case "nested":
      return compileNested(node, options);
  }
}

/** A clause without clauses in it: what the query and its explanation both ask. @throws KqlCompileError */
export function compileLeaf(node: LeafNode, options: FieldOptions): Predicate {
  if (node.kind === "is") return isFieldClause(node) ? compileField([node], options) : compileAnyField(node, options);
  const { operator, value } = node;
  if (node.field === null) return refuse("a range needs a field", "QUERY", value.offset);
  return clauses(fieldsOf(node.field, options), value.offset, ({ range }) => range(operator, literalText(value)));
}

/** No clause has an effect, so the one that most events fail is asked first. */
function rarestFirst(clauses: readonly (readonly [KqlNode, Predicate])[]): Predicate[] {
  return clauses.toSorted(([a], [b]) => rarity(b) - rarity(a)).map(([, predicate]) => predicate);
}

function every(parts: readonly Predicate[]): Predicate {
  return (event) => {
    for (const part of parts) if (!part(event)) return false;
    return true;
  };
}

function some(parts: readonly Predicate[]): Predicate {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (event) => {
    for (const part of parts) if (part(event)) return true;
    return false;
  };
}

function isFieldClause(node: KqlNode): node is FieldClause {
  return node.kind === "is" && node.field !== null && !isLoneStar(node.field);
}

/** A branch of an `or`: a node, or all values asked of one field, so that the field is read once. */
type Branch = KqlNode | readonly FieldClause[];

function byField(nodes: readonly KqlNode[]): Branch[] {
  const branches: Branch[] = [];
  const values = new Map<string, FieldClause[]>();
  for (const node of nodes) {
    if (!isFieldClause(node)) {
      branches.push(node);
      continue;
    }
    // A quoted name is never a pattern, whatever it holds.
    const name = `${node.field.kind === "wildcard"}${literalText(node.field)}`;
    const list = values.get(name);
    if (list !== undefined) {
      list.push(node);
      continue;
    }
    const fresh = [node];
    values.set(name, fresh);
    branches.push(fresh);
  }
  return branches;
}

function compileBranch(branch: Branch, options: FieldOptions): Predicate {
  return isList(branch) ? compileField(branch, options) : compileNode(branch, options);
}

function isList(branch: Branch): branch is readonly FieldClause[] {
  return Array.isArray(branch);
}

/** One field, one or more values, any of which will do. */
function compileField(nodes: readonly FieldClause[], options: FieldOptions): Predicate {
  const [first] = nodes;
  if (first === undefined) return () => false;
  const fields = fieldsOf(first.field, options);
  const parts: Predicate[] = [];
  if (nodes.some(({ value }) => isLoneStar(value))) parts.push(...fields.map(({ exists }) => exists));
  const values = nodes.map(({ value }) => value).filter((value) => !isLoneStar(value));
  const [value] = values;
  if (value !== undefined) {
    parts.push(clauses(fields, value.offset, (semantics) => anyOf(values, semantics, options)));
  }
  return some(parts);
}

/** The fields a name stands for: one, or all that a pattern finds. @throws KqlCompileError */
export function fieldsOf(name: Literal, options: FieldOptions): readonly Field[] {
  if (name.kind === "wildcard") return fieldsLike(prefixed(name.segments, options), options);
  const text = literalText(name);
  const { nestedIn } = options;
  return [at(name.offset, () => field(nestedIn === undefined ? text : `${nestedIn}.${text}`, options))];
}

function prefixed([first = "", ...rest]: readonly string[], { nestedIn }: FieldOptions): readonly string[] {
  return nestedIn === undefined ? [first, ...rest] : [`${nestedIn}.${first}`, ...rest];
}

function clauses(fields: readonly Field[], offset: number, build: (semantics: FieldSemantics) => LeafTest): Predicate {
  return some(
    fields.map(({ semantics, some: someValue }): Predicate => {
      const test = at(offset, () => build(semantics));
      return (event) => someValue(event, test);
    }),
  );
}

/** The test of a value against a list of literals. */
function anyOf(values: readonly Literal[], semantics: FieldSemantics, { nestedIn }: FieldOptions): LeafTest {
  const exact: string[] = [];
  const tests: LeafTest[] = [];
  for (const value of values) {
    at(value.offset, () => {
      if (value.kind === "wildcard") {
        // Kibana has no types inside braces: there a pattern with a blank falls apart into words.
        if (nestedIn !== undefined && value.segments.some((segment) => segment.includes(" "))) {
          throw new QueryError("a pattern with a blank inside braces is not supported", "UNSUPPORTED");
        }
        tests.push(semantics.pattern(value.segments));
      } else if (value.kind === "quoted" && semantics.phrase !== undefined) {
        tests.push(semantics.phrase(value.value));
      } else {
        if (value.value === null) throw new QueryError("null is not a value; write not field:*");
        // Each alone first: an error then names its own literal.
        semantics.terms([literalText(value)]);
        exact.push(literalText(value));
      }
    });
  }
  if (exact.length > 0) tests.unshift(semantics.terms(exact));
  const [only = never] = tests;
  if (tests.length < 2) return only;
  return (leaf) => {
    for (const test of tests) if (test(leaf)) return true;
    return false;
  };
}

/** `path:{ query }`: some object of the path satisfies the query by itself, whatever nested fields it stands in. */
function compileNested(
  { field: name, node }: Extract<KqlNode, { kind: "nested" }>,
  { types, clock, nestedIn }: FieldOptions,
): Predicate {
  if (name === null || name.kind === "wildcard")
    return refuse("braces need a field's name", "QUERY", name?.offset ?? 0);
  const relative = literalText(name);
  const full = nestedIn === undefined ? relative : `${nestedIn}.${relative}`;
  const { type } = types(full);
  if (type !== "nested") {
    return refuse(`${full}:{ … } needs a nested field, and ${full} is ${type}`, "QUERY", name.offset);
  }
  const inner = compileNode(node, { types, clock, nestedIn: full });
  const path = fieldPath(relative);
  return (event) => path.values(event).some((value) => isObject(value) && inner(value));
}

/** Text without a field, which is searched in every field; what a field's type cannot read does not match there. */
function compileAnyField({ field: name, value }: IsNode, { types, clock }: FieldOptions): Predicate {
  if (isLoneStar(value)) return () => true;
  const matches: MappedTest = (mapping, leaf) => {
    try {
      return anyOf([value], semanticsOf(mapping, clock), { types, clock })(leaf);
    } catch (error) {
      if (error instanceof KqlCompileError && name === null) return false;
      throw error;
    }
  };
  const someLeaf = leavesLike(["", ""], types);
  return (event) => someLeaf(event, matches);
}

function refuse(message: string, code: QueryError["code"], offset: number): never {
  throw new KqlCompileError(message, code, offset);
}

/** Runs `build`, giving the QueryErrors of field types the place in the query they lack. */
function at<T>(offset: number, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof QueryError) throw new KqlCompileError(error.message, error.code, offset, error);
    throw error;
  }
}
