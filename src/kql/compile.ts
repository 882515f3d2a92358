import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { isLeaf, type LeafTest } from "../ecs/leaf.ts";
import { type FieldTypes, semanticsOf } from "../ecs/mapping.ts";
import { type FieldPath, fieldPath } from "../ecs/path.ts";
import { QueryError } from "../ecs/semantics.ts";
import { isLoneStar, type KqlNode, type Literal, literalText } from "./ast.ts";

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

type IsNode = Extract<KqlNode, { kind: "is" }>;
type FieldClause = IsNode & { readonly field: Literal };

/**
 * Turns a parsed query into a closure over pre-split field paths.
 * @throws KqlCompileError
 */
export function compile(node: KqlNode, types: FieldTypes): Predicate {
  switch (node.kind) {
    case "and":
      return every(node.nodes.map((child) => compile(child, types)));
    case "or":
      return some(byField(node.nodes).map((child) => compileBranch(child, types)));
    case "not": {
      const inner = compile(node.node, types);
      return (event) => !inner(event);
    }
    case "is":
      return isFieldClause(node) ? anyOf([node], types) : matchAll(node);
    case "range": {
      const { field, operator, value } = node;
      if (field === null) return refuse("a range needs a field", "QUERY", value.offset);
      return clause(field, types, (semantics) => semantics.range(operator, literalText(value)), value.offset);
    }
    case "nested":
      return refuse("field type nested is not supported", "UNSUPPORTED", node.field?.offset ?? 0);
  }
}

function every(parts: readonly Predicate[]): Predicate {
  return (event) => {
    for (const part of parts) if (!part(event)) return false;
    return true;
  };
}

function some(parts: readonly Predicate[]): Predicate {
  return (event) => {
    for (const part of parts) if (part(event)) return true;
    return false;
  };
}

function isFieldClause(node: KqlNode): node is FieldClause {
  return node.kind === "is" && node.field !== null && node.field.kind !== "wildcard";
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
    const name = literalText(node.field);
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

function compileBranch(branch: Branch, types: FieldTypes): Predicate {
  return isList(branch) ? anyOf(branch, types) : compile(branch, types);
}

function isList(branch: Branch): branch is readonly FieldClause[] {
  return Array.isArray(branch);
}

/** One field, one or more values, any of which will do. */
function anyOf(clauses: readonly FieldClause[], types: FieldTypes): Predicate {
  const [first] = clauses;
  if (first === undefined) return () => false;
  const exists = clauses.find(({ value }) => isLoneStar(value));
  if (exists !== undefined && clauses.length === 1) return existence(exists.field, types);

  return clause(
    first.field,
    types,
    (semantics) => {
      const exact: string[] = [];
      const tests: LeafTest[] = [];
      for (const { value } of clauses) {
        if (isLoneStar(value)) tests.push(semantics.indexes);
        else if (value.kind === "wildcard") tests.push(at(value.offset, () => semantics.pattern(value.segments)));
        else {
          // Each alone first: an error then names its own literal.
          at(value.offset, () => semantics.terms([valueText(value)]));
          exact.push(valueText(value));
        }
      }
      if (exact.length > 0) tests.unshift(semantics.terms(exact));
      return (leaf) => {
        for (const test of tests) if (test(leaf)) return true;
        return false;
      };
    },
    first.value.offset,
  );
}

type Semantics = ReturnType<typeof semanticsOf>;

function clause(
  field: Literal,
  types: FieldTypes,
  build: (semantics: Semantics) => LeafTest,
  offset: number,
): Predicate {
  if (field.kind === "wildcard")
    return refuse("a field name with a star is not supported", "UNSUPPORTED", field.offset);
  const name = literalText(field);
  const mapping = types(name);
  // A name with fields below it holds no value itself.
  const semantics = at(field.offset, () => semanticsOf(mapping.type === "object" ? { type: "unmapped" } : mapping));
  const test = at(offset, () => build(semantics));
  const path = fieldPath(mapping.source ?? name);
  return (event) => path.some(event, test);
}

/** `field:*`: some value is indexed under the field, or under any field below it where it is an object. */
function existence(field: Literal, types: FieldTypes): Predicate {
  const name = literalText(field);
  const mapping = types(name);
  const path = fieldPath(mapping.source ?? name);
  if (mapping.type === "object") return (event) => holdsBelow(path, event, types);
  const { indexes } = at(field.offset, () => semanticsOf(mapping));
  if (mapping.dynamic !== true) return (event) => path.some(event, indexes);
  return (event) => path.some(event, indexes) || holdsBelow(path, event, types);
}

function holdsBelow(path: FieldPath, event: JsonObject, types: FieldTypes): boolean {
  const indexed = (name: string, value: JsonValue): boolean => {
    if (Array.isArray(value)) return (value as readonly JsonValue[]).some((element) => indexed(name, element));
    if (isObject(value)) return Object.keys(value).some((key) => indexed(`${name}.${key}`, value[key] ?? null));
    return value !== null && isLeaf(value) && semanticsOf(types(name)).indexes(value);
  };
  return path.values(event).some((value) => isObject(value) && indexed(path.name, value));
}

function valueText(value: Literal): string {
  if (value.kind === "unquoted" && value.value === null) throw new QueryError("null is not a value; write not field:*");
  return literalText(value);
}

function matchAll({ field, value }: IsNode): Predicate {
  if (isLoneStar(value) && (field === null || isLoneStar(field))) return () => true;
  return field === null
    ? refuse("text without a field is not supported; name the field it should be in", "UNSUPPORTED", value.offset)
    : refuse("a field name with a star is not supported", "UNSUPPORTED", field.offset);
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
