import { isObject, type JsonObject, type JsonValue } from "./json.ts";
import { isLeaf, type Leaf } from "./leaf.ts";
import type { FieldTypes, Mapping } from "./mapping.ts";
import { type NamePattern, namePattern, type Reached } from "./name-pattern.ts";

/** Told of a scalar and of how the field that it is a value of is mapped. */
export type MappedTest = (mapping: Mapping, leaf: Leaf) => boolean;

/** Where in an event a walk is. */
interface Place {
  readonly reached: Reached;
  /** The full name, as long as a mapping may name something below it; "" at the top of the event. */
  readonly name: string;
  readonly mapping: Mapping | undefined;
  /** How everything below is mapped, once no mapping names anything there: the name is not kept up any more. */
  readonly below: Mapping | undefined;
}

/**
 * The scalars of an event whose full names fit a pattern, whatever names the event gives them: true if one satisfies the
 * test. Linear in the event: no name is put together that no mapping can know, and none is looked at where its beginning
 * does not fit. Recursion is bounded by the depth at which an event is refused.
 * @param segments the pattern of full names, as namePattern takes it
 * @param root the full name of the objects looked at, where they are those of a nested field
 */
export function leavesLike(
  segments: readonly string[],
  types: FieldTypes,
  root?: string,
): (object: JsonObject, test: MappedTest) => boolean {
  const pattern = namePattern(segments);
  const top: Place = { reached: pattern.start, name: "", mapping: undefined, below: undefined };
  const start = root === undefined ? top : into(top, root, top, pattern, types);

  const visit = (value: JsonValue, place: Place, test: MappedTest): boolean => {
    if (Array.isArray(value)) {
      for (const element of value as readonly JsonValue[]) if (visit(element, place, test)) return true;
      return false;
    }
    if (isObject(value)) {
      for (const key of Object.keys(value)) {
        const inner = into(place, key, top, pattern, types);
        if (inner !== undefined && visit(value[key] ?? null, inner, test)) return true;
      }
      return false;
    }
    const { mapping, reached } = place;
    return value !== null && isLeaf(value) && mapping !== undefined && pattern.fits(reached) && test(mapping, value);
  };
  return (object, test) => start !== undefined && visit(object, start, test);
}

/** The place that a key leads to, dots in it and all. */
function into(from: Place, key: string, top: Place, pattern: NamePattern, types: FieldTypes): Place | undefined {
  let place = from;
  for (let at = 0; ; ) {
    const { name, below } = place;
    const dot = below === undefined ? key.indexOf(".", at) : -1;
    const part = dot < 0 ? key.slice(at) : key.slice(at, dot);
    const reached = pattern.advance(place.reached, place === top ? part : `.${part}`);
    if (reached === undefined) return undefined;
    place =
      below === undefined
        ? named(place === top ? part : `${name}.${part}`, reached, types)
        : { reached, name, mapping: below, below };
    if (dot < 0) return place;
    at = dot + 1;
  }
}

function named(name: string, reached: Reached, types: FieldTypes): Place {
  const mapping = types(name);
  const isSettled = mapping.dynamic === true || mapping.flattenedIn !== undefined || mapping.type === "unmapped";
  // No mapping has a name with nothing behind its last dot: what it says of one, it says of all it does not name.
  return { reached, name, mapping, below: isSettled ? types(`${name}.`) : undefined };
}
