import type { JsonObject } from "../../ecs/json.ts";
import type { KqlNode, Literal } from "../../kql/ast.ts";
import { compile, KqlCompileError } from "../../kql/compile.ts";
import { parse } from "../../kql/parse.ts";
import { KqlSyntaxError } from "../../kql/syntax-error.ts";
import { caseTypes, failed, type Outcome, PASSED } from "./case.ts";

/** A case of match.jsonl: does this query match this event? */
export interface MatchCase {
  readonly query: string;
  readonly types?: JsonObject;
  readonly event: JsonObject;
  readonly expect: boolean | "syntax-error";
  /** Elasticsearch fails the search: a refusal at load and a constant false are both right. */
  readonly es_error?: boolean;
  readonly error?: { readonly offset: number };
}

/** A case of parse.jsonl: the tree of a query, in the neutral notation of the case files. */
export interface ParseCase {
  readonly query: string;
  readonly ast: unknown;
  readonly error?: { readonly offset: number };
}

export function runMatchCase(test: MatchCase): Outcome {
  try {
    const matches = compile(parse(test.query), caseTypes(test.types));
    const actual = matches(test.event);
    return actual === test.expect ? PASSED : failed(test.expect, actual);
  } catch (error) {
    if (error instanceof KqlSyntaxError) {
      const rightPlace = test.error === undefined || test.error.offset === error.offset;
      return test.expect === "syntax-error" && rightPlace
        ? PASSED
        : failed(expectedError(test.expect, test.error), `syntax error at offset ${error.offset}`);
    }
    if (!(error instanceof KqlCompileError)) throw error;
    const rightly = test.es_error === true && error.code === "QUERY";
    return rightly ? PASSED : failed(test.expect, `refused: ${error.message}`);
  }
}

export function runParseCase({ query, ast, error: expectedFailure }: ParseCase): Outcome {
  try {
    const actual = neutral(parse(query));
    return JSON.stringify(actual) === JSON.stringify(ast)
      ? PASSED
      : failed(expectedError(ast, expectedFailure), actual);
  } catch (error) {
    if (!(error instanceof KqlSyntaxError)) throw error;
    return ast === "syntax-error" && expectedFailure?.offset === error.offset
      ? PASSED
      : failed(expectedError(ast, expectedFailure), `syntax error at offset ${error.offset}`);
  }
}

function expectedError(expect: unknown, error: { readonly offset: number } | undefined): unknown {
  return error === undefined ? expect : `syntax error at offset ${error.offset}`;
}

function neutral(node: KqlNode): unknown {
  switch (node.kind) {
    case "and":
    case "or":
      return { [node.kind]: node.nodes.map(neutral) };
    case "not":
      return { not: neutral(node.node) };
    case "is":
      return { is: [node.field === null ? null : literal(node.field), literal(node.value)] };
    case "range":
      return { range: [node.field === null ? null : literal(node.field), node.operator, literal(node.value)] };
    case "nested":
      return { nested: [node.field === null ? null : literal(node.field), neutral(node.node)] };
  }
}

function literal(value: Literal): unknown {
  switch (value.kind) {
    case "unquoted":
      return { u: value.value };
    case "quoted":
      return { q: value.value };
    case "wildcard":
      return { w: value.segments };
  }
}
