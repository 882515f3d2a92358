import type { LeafTest } from "./leaf.ts";

/** How KQL compares, as Elasticsearch's range query names it. */
export type RangeOperator = "gt" | "gte" | "lt" | "lte";

/**
 * What a field type makes of JSON values and of query literals. Each type has one implementation; nothing outside it
 * branches on the type's name.
 */
export interface FieldSemantics {
  /** True if Elasticsearch would index this value: what `field:*` asks. Malformed and over-long values are not. */
  readonly indexes: LeafTest;
  /** `field: (one or another)`, exactly. @throws QueryError where Elasticsearch would fail the whole search. */
  terms(literals: readonly string[]): LeafTest;
  /** `field: "one or another"`; where a type has none, quoting a literal changes nothing. */
  phrase?(literal: string): LeafTest;
  /** `field: lit*ral`, other than a lone star. @throws QueryError */
  pattern(segments: readonly string[]): LeafTest;
  /** Elasticsearch's `wildcard` query with its own pattern (globPattern); absent where the type has none. */
  glob?(pattern: string, ignoreCase: boolean): LeafTest;
  /** Elasticsearch's `terms` query, where it is not the same as `terms`: of text, whose words it takes as they are given. */
  rawTerms?(literals: readonly string[]): LeafTest;
  /** `field > literal` and its kin. @throws QueryError */
  range(operator: RangeOperator, literal: string): LeafTest;
  /** The value's identity as a new_terms term, or undefined where it has none; absent where the type has no terms. */
  canonical?(leaf: Parameters<LeafTest>[0]): Term | undefined;
}

/** A canonical new_terms value: equal tag and text means the same term, whatever the JSON looked like. */
export interface Term {
  /** Family of the field type: a change of it is a change of identity. */
  readonly tag: "keyword" | "long" | "double" | "ip" | "boolean" | "date";
  readonly text: string;
  /** The value as a finding shows it, with its type kept. */
  readonly value: string | number | boolean | { readonly rawJSON: string };
}

/**
 * A query that Elasticsearch would refuse at search time, whatever the events hold. Found when the rule is loaded.
 */
export class QueryError extends Error {
  readonly code: "QUERY" | "UNSUPPORTED";
  /** @param code `UNSUPPORTED` where Elasticsearch would run it and this engine does not (yet) */
  constructor(message: string, code: "QUERY" | "UNSUPPORTED" = "QUERY") {
    super(message);
    this.name = "QueryError";
    this.code = code;
  }
}
