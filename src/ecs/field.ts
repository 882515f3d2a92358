import type { Clock } from "./date-math.ts";
import { semanticsOf } from "./field-type.ts";
import type { JsonObject } from "./json.ts";
import type { LeafTest } from "./leaf.ts";
import { leavesLike, type MappedTest } from "./leaves.ts";
import { DYNAMIC, type FieldTypes, type Mapping } from "./mapping.ts";
import { fieldPath } from "./path.ts";
import { wildcardPattern } from "./pattern.ts";
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

/**
 * The fields that a pattern such as `file.hash.*` stands for: the mapped ones, nested ones among them, each by itself,
 * and last, as one, whatever else an event has whose name fits and that dynamic mapping would make a field of.
 * @param segments the texts between the stars of the full name
 */
export function fieldsLike(segments: readonly string[], options: FieldOptions): Field[] {
  const { types } = options;
  const mapped = Array.from(types.names())
    .filter(wildcardPattern(segments))
    .map((name) => mappedField(name, types(name), options));
  return [...mapped, dynamicFields(segments, options)];
}

function dynamicFields(segments: readonly string[], { types, clock, nestedIn }: FieldOptions): Field {
  const semantics = semanticsOf(DYNAMIC, clock);
  const someLeaf = leavesLike(segments, types, nestedIn);
  const some: Field["some"] = (object, test) =>
    someLeaf(object, (mapping, leaf) => mapping.dynamic === true && test(leaf));
  const exists: Field["exists"] = (object) => some(object, semantics.indexes);
  return { name: segments.join("*"), mapping: DYNAMIC, semantics, some, exists };
}

function mappedField(name: string, mapping: Mapping, { types, clock, nestedIn }: FieldOptions): Field {
  const full = mapping.source ?? name;
  const path = fieldPath(nestedIn === undefined ? full : full.slice(nestedIn.length + 1));
  // A name with fields below it holds no value itself.
  const isInner = mapping.type === "object";
  const semantics = semanticsOf(isInner ? { type: "unmapped" } : mapping, clock);
  const { indexes } = semantics;
  const isRoot = mapping.type === "flattened" && mapping.flattenedIn === undefined;
  const some: Field["some"] = isRoot ? path.someBelow : path.some;

  const exists = (): Field["exists"] => {
    if (mapping.type.startsWith("geo_")) return (object) => path.values(object).some((value) => value !== null);
    if (!isInner && mapping.dynamic !== true) return (object) => some(object, indexes);
    const leavesBelow = leavesLike([`${full}.`, ""], types, nestedIn);
    const isIndexed: MappedTest = (inner, leaf) => semanticsOf(inner, clock).indexes(leaf);
    // A field no mapping names may turn out to be an object.
    return (object) => (!isInner && some(object, indexes)) || leavesBelow(object, isIndexed);
  };
  return { name, mapping, semantics, some, exists: exists() };
}
