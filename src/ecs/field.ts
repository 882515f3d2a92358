import type { Clock } from "./date-math.ts";
import { semanticsOf } from "./field-type.ts";
import type { JsonObject } from "./json.ts";
import type { Leaf, LeafTest } from "./leaf.ts";
import type { FieldTypes, Mapping } from "./mapping.ts";
import { fieldPath } from "./path.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

/** A field of an event, by name: where its values are, and what they mean. */
export interface Field {
  readonly name: string;
  readonly mapping: Mapping;
  readonly semantics: FieldSemantics;
  /** True if some value of the field satisfies the test. */
  some(object: JsonObject, test: LeafTest): boolean;
  /** `field:*`: some value is indexed under the field, or under any field below it where it is an object. */
  exists(object: JsonObject): boolean;
}

export interface FieldOptions {
  readonly types: FieldTypes;
  readonly clock: Clock;
  /** The nested field whose objects are looked at, one at a time; the field's name is still the full one. */
  readonly nestedIn?: string | undefined;
}

/** @throws QueryError where a nested field is asked for outside its braces */
export function field(name: string, options: FieldOptions): Field {
  const { types, nestedIn } = options;
  const mapping = types(name);
  if (mapping.nestedIn !== nestedIn) {
    throw new QueryError(
      mapping.nestedIn === undefined
        ? `${name} is not in the nested field ${nestedIn}`
        : `${name} is in the nested field ${mapping.nestedIn}; write ${mapping.nestedIn}:{ … }`,
    );
  }
  if (mapping.type === "nested") throw new QueryError(`${name} is nested; ask for what is in it: ${name}:{ field:* }`);
  return mappedField(name, mapping, options);
}

/** The fields that a pattern such as `file.hash.*` stands for, nested ones among them, each by itself. */
export function fieldsLike(matches: (name: string) => boolean, options: FieldOptions): Field[] {
  const { types } = options;
  return Array.from(types.names())
    .filter(matches)
    .map((name) => mappedField(name, types(name), options));
}

function mappedField(name: string, mapping: Mapping, { types, clock, nestedIn }: FieldOptions): Field {
  const full = mapping.source ?? name;
  const path = fieldPath(nestedIn === undefined ? full : full.slice(nestedIn.length + 1));
  // A name with fields below it holds no value itself.
  const isInner = mapping.type === "object";
  const semantics = semanticsOf(isInner ? { type: "unmapped" } : mapping, clock);
  const { indexes } = semantics;
  const isRoot = mapping.type === "flattened" && mapping.flattenedIn === undefined;
  const some: Field["some"] = isRoot ? (object, test) => path.someBelow(object, (_, leaf) => test(leaf)) : path.some;

  const prefix = nestedIn === undefined ? "" : `${nestedIn}.`;
  const isIndexed = (inner: string, leaf: Leaf) => semanticsOf(types(prefix + inner), clock).indexes(leaf);
  const below = (object: JsonObject) => path.someBelow(object, isIndexed);
  const exists = (): Field["exists"] => {
    if (isInner) return below;
    if (mapping.type.startsWith("geo_")) return (object) => path.values(object).some((value) => value !== null);
    // A field no mapping names may turn out to be an object.
    if (mapping.dynamic === true) return (object) => some(object, indexes) || below(object);
    return (object) => some(object, indexes);
  };
  return { name, mapping, semantics, some, exists: exists() };
}
