import { boolean } from "./boolean.ts";
import { dynamic } from "./dynamic.ts";
import { ECS_FIELDS } from "./fields.ts";
import { float } from "./float.ts";
import { type IntegerType, integer } from "./integer.ts";
import { INTEGRATION_FIELDS } from "./integration-fields.ts";
import { ip } from "./ip.ts";
import { keyword } from "./keyword.ts";
import { never } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

/** How Elasticsearch maps one field. */
export interface Mapping {
  /**
   * An Elasticsearch field type; or `object`, a name with fields below it; `unindexed`, stored but not searchable; or
   * `unmapped`, where no clause holds.
   */
  readonly type: string;
  /** Longest indexed string in UTF-16 units. */
  readonly ignoreAbove?: number;
  readonly normalizer?: "lowercase";
  /** The field whose values this one indexes, where it is a multi-field. */
  readonly source?: string;
  /** The nearest `nested` field above, whose objects are documents of their own. */
  readonly nestedIn?: string;
  /** True where no mapping names the field, and dynamic mapping would make it a keyword. */
  readonly dynamic?: boolean;
}

/** The mapping of a field by its dotted name; total, since an unknown field is a dynamic keyword. */
export type FieldTypes = (name: string) => Mapping;

const KEYWORD_LIMIT = 1024;
const DYNAMIC: Mapping = { type: "keyword", ignoreAbove: KEYWORD_LIMIT, dynamic: true };
const UNMAPPED: Mapping = { type: "unmapped" };

let table: Map<string, Mapping> | undefined;

function ecsMapping(name: string): Mapping | undefined {
  table ??= new Map([...readList(INTEGRATION_FIELDS), ...readTree(ECS_FIELDS)]);
  return table.get(name);
}

/** ECS as `@elastic/ecs` publishes it, and the fields of Elastic's integrations that its rules name. */
export const ecsTypes: FieldTypes = fieldTypes(ecsMapping);

/** ECS with Elastic Defend's `caseless` multi-fields: the lower-cased twin of a keyword or wildcard field. */
export const endpointTypes: FieldTypes = (name) => {
  if (!name.endsWith(".caseless")) return ecsTypes(name);
  const source = name.slice(0, -".caseless".length);
  const parent = ecsTypes(source);
  return parent.type === "keyword" || parent.type === "wildcard"
    ? { ...parent, normalizer: "lowercase", source }
    : UNMAPPED;
};

/** ECS with the types of some fields set or replaced. */
export function ecsTypesWith(overrides: ReadonlyMap<string, Mapping>): FieldTypes {
  return fieldTypes((name) => overrides.get(name) ?? ecsMapping(name));
}

/** Makes declared mappings total: what stands below a mapped field follows from it, and the rest is dynamic. */
function fieldTypes(declared: (name: string) => Mapping | undefined): FieldTypes {
  return (name) => {
    const own = declared(name);
    let nearest: Mapping | undefined;
    for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
      const ancestor = declared(name.slice(0, dot));
      if (ancestor?.type === "nested") return { ...(own ?? DYNAMIC), nestedIn: name.slice(0, dot) };
      nearest ??= ancestor;
    }
    if (own !== undefined) return own;
    if (nearest === undefined || nearest.type === "object") return DYNAMIC;
    // Nothing can stand below a scalar field but its multi-fields, and those are declared.
    return nearest.type === "flattened" ? nearest : UNMAPPED;
  };
}

/** Reads the list of integration-fields.ts, whose format is described there; inner names become objects. */
function readList(text: string): Map<string, Mapping> {
  const fields = new Map<string, Mapping>();
  for (const line of text.trim().split("\n")) {
    if (line.startsWith("#")) continue;
    const [name = "", note = "keyword"] = line.split(" ");
    const parent = name.slice(0, name.lastIndexOf("."));
    const isMultiField = fields.has(parent) && fields.get(parent)?.type !== "object";
    for (let dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
      const inner = name.slice(0, dot);
      if (!fields.has(inner)) fields.set(inner, { type: "object" });
    }
    fields.set(
      name,
      note === "dynamic" ? DYNAMIC : { ...mappingOf(note), ...(isMultiField ? { source: parent } : {}) },
    );
  }
  return fields;
}

function mappingOf(note: string): Mapping {
  const [type = "", limit] = note.split(":");
  const hasLimit = type === "keyword" || limit !== undefined;
  return { type, ...(hasLimit ? { ignoreAbove: Number(limit ?? KEYWORD_LIMIT) } : {}) };
}

/** Reads the tree of fields.ts, whose format is described there. */
function readTree(text: string): Map<string, Mapping> {
  const fields = new Map<string, Mapping>();
  const open: string[] = [];
  const lines = text.trim().split("\n");
  for (const [index, line] of lines.entries()) {
    const level = depth(line);
    const [part = "", note] = line.trim().split(" ");
    const name = level === 0 ? part : `${open[level - 1]}.${part}`;
    open[level] = name;
    const inner = depth(lines[index + 1] ?? "") > level;
    const parent = level === 0 ? undefined : fields.get(open[level - 1] ?? "");
    fields.set(name, {
      ...mappingOf(note ?? (inner ? "object" : "keyword")),
      ...(parent !== undefined && parent.type !== "object" && parent.type !== "nested"
        ? { source: open[level - 1] ?? "" }
        : {}),
    });
  }
  return fields;
}

function depth(line: string): number {
  let blanks = 0;
  while (line[blanks] === " ") blanks++;
  return blanks;
}

const UNMAPPED_SEMANTICS: FieldSemantics = {
  indexes: never,
  terms: () => never,
  pattern: () => never,
  range: () => never,
  canonical: () => undefined,
};

function notSearchable(): never {
  throw new QueryError("the field is stored but not indexed, so it cannot be searched");
}

const UNINDEXED_SEMANTICS: FieldSemantics = {
  ...UNMAPPED_SEMANTICS,
  terms: notSearchable,
  pattern: notSearchable,
  range: notSearchable,
};

/**
 * What values and literals of a mapped field mean.
 * @throws QueryError with code UNSUPPORTED for a type this engine does not evaluate, naming it
 */
export function semanticsOf(mapping: Mapping): FieldSemantics {
  if (mapping.nestedIn !== undefined) {
    throw new QueryError(`field type nested (${mapping.nestedIn}) is not supported`, "UNSUPPORTED");
  }
  if (mapping.dynamic === true) return dynamic();
  switch (mapping.type) {
    case "keyword":
    case "wildcard":
    case "constant_keyword":
      return keyword({
        ignoreAbove: mapping.ignoreAbove ?? Number.POSITIVE_INFINITY,
        lowercase: mapping.normalizer === "lowercase",
      });
    case "long":
    case "integer":
    case "short":
    case "byte":
    case "unsigned_long":
      return integer(mapping.type satisfies IntegerType);
    case "float":
    case "half_float":
    case "double":
      return float(mapping.type);
    case "boolean":
      return boolean();
    case "ip":
      return ip();
    case "unmapped":
      return UNMAPPED_SEMANTICS;
    case "unindexed":
      return UNINDEXED_SEMANTICS;
    default:
      throw new QueryError(`field type ${mapping.type} is not supported`, "UNSUPPORTED");
  }
}
