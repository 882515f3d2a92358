import type { Leaf } from "../ecs/leaf.ts";
import type { KqlNode } from "./ast.ts";

/** A query's node, what an event makes of it, and why. */
export interface Explained {
  readonly kind: KqlNode["kind"];
  /** 0-based UTF-16 offset into the query. */
  readonly offset: number;
  /** The clause as KQL, on one line, cut where it is long. */
  readonly text: string;
  /** What would speak for a match: false within a `not`. */
  readonly expected: boolean;
  readonly verdict: boolean;
  /** The full name of the field, of a clause on one. */
  readonly field?: string;
  /** What the event has there; absent of a clause that is searched in all fields. */
  readonly actual?: Actual;
  /** Of a `nested` clause, how many objects there are. Its node is then told of the one that comes nearest. */
  readonly objects?: number;
  /** An `or` over values of one field: one clause to whoever wrote it. */
  readonly isList: boolean;
  readonly nodes: readonly Explained[];
}

/** A field's values in an event. */
export interface Actual {
  /** The first of them. */
  readonly values: readonly Leaf[];
  readonly total: number;
  /** How many Elasticsearch does not index: over-long or malformed ones, which no clause sees. */
  readonly notIndexed: number;
}
