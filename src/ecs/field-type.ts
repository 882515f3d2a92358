import { boolean } from "./boolean.ts";
import { constantKeyword } from "./constant-keyword.ts";
import { date } from "./date.ts";
import type { Clock } from "./date-math.ts";
import { dynamic } from "./dynamic.ts";
import { float } from "./float.ts";
import { integer } from "./integer.ts";
import { ip } from "./ip.ts";
import { keyword } from "./keyword.ts";
import { never } from "./leaf.ts";
import type { Mapping } from "./mapping.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";
import { text } from "./text.ts";

/** ECS scales each of its scaled_float fields so. */
const SCALING_FACTOR = 1000;

/** What values and literals of a mapped field mean. A type that is not evaluated refuses all but `field:*`. */
export function semanticsOf(mapping: Mapping, clock: Clock): FieldSemantics {
  if (mapping.dynamic === true) return dynamic();
  switch (mapping.type) {
    case "keyword":
    case "wildcard":
      return keyword({
        ignoreAbove: mapping.ignoreAbove ?? Number.POSITIVE_INFINITY,
        lowercase: mapping.normalizer === "lowercase",
      });
    case "constant_keyword":
      return constantKeyword();
    case "flattened":
      return flattened(mapping);
    case "text":
    case "match_only_text":
      return text();
    case "long":
    case "integer":
    case "short":
    case "byte":
    case "unsigned_long":
      return integer(mapping.type);
    case "float":
    case "half_float":
    case "double":
    case "scaled_float":
      return float(mapping.type, SCALING_FACTOR);
    case "boolean":
      return boolean();
    case "ip":
      return ip();
    case "date":
      return date(clock);
    case "unmapped":
      return UNMAPPED;
    case "unindexed":
      return UNINDEXED;
    default:
      return existsOnly(mapping.type);
  }
}

/** Leaves as text, whatever their JSON type. Elasticsearch has no one-sided range over one key. */
function flattened({ flattenedIn }: Mapping): FieldSemantics {
  const { glob: _, ...leaves } = keyword({ ignoreAbove: Number.POSITIVE_INFINITY, lowercase: false });
  if (flattenedIn === undefined) return leaves;
  return {
    ...leaves,
    range() {
      throw new QueryError(`a range cannot be asked of one key of ${flattenedIn}, a flattened field`);
    },
  };
}

const UNMAPPED: FieldSemantics = {
  indexes: never,
  terms: () => never,
  pattern: () => never,
  glob: () => never,
  range: () => never,
  canonical: () => undefined,
};

function notSearchable(): never {
  throw new QueryError("the field is stored but not indexed, so it cannot be searched");
}

const UNINDEXED: FieldSemantics = {
  indexes: never,
  terms: notSearchable,
  pattern: notSearchable,
  range: notSearchable,
};

function existsOnly(type: string): FieldSemantics {
  const refuse = () => {
    throw new QueryError(`values of field type ${type} are not supported, only field:*`, "UNSUPPORTED");
  };
  return { indexes: () => true, terms: refuse, pattern: refuse, range: refuse };
}
