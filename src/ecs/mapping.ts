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
  /** The `flattened` field that this name is a key of. */
  readonly flattenedIn?: string;
  /** True where no mapping names the field, and dynamic mapping would make it a keyword. */
  readonly dynamic?: boolean;
}

/** How a rule's indices map their fields. */
export interface FieldTypes {
  /** The mapping of a field by its dotted name; total, since an unknown field is a dynamic keyword. */
  (name: string): Mapping;
  /** The names that a field pattern such as `file.hash.*` can stand for: of all mapped fields, objects aside. */
  readonly names: () => Iterable<string>;
}

/** Longest keyword that Fleet's and ECS's mappings index. */
export const KEYWORD_LIMIT = 1024;

export const DYNAMIC: Mapping = { type: "keyword", ignoreAbove: KEYWORD_LIMIT, dynamic: true };
export const UNMAPPED: Mapping = { type: "unmapped" };

/** Makes declared mappings total: what stands below a mapped field follows from it, and the rest is dynamic. */
export function totalTypes(
  declared: (name: string) => Mapping | undefined,
  declaredNames: () => Iterable<string>,
): FieldTypes {
  const mappingOf = (name: string): Mapping => {
    const own = declared(name);
    let nearest: string | undefined;
    for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
      const ancestor = name.slice(0, dot);
      const type = declared(ancestor)?.type;
      if (type === "nested") return { ...(own ?? DYNAMIC), nestedIn: ancestor };
      if (type !== undefined) nearest ??= ancestor;
    }
    if (own !== undefined) return own;
    const type = nearest === undefined ? undefined : declared(nearest)?.type;
    if (nearest === undefined || type === "object") return DYNAMIC;
    // Nothing can stand below a scalar field but its multi-fields, and those are declared.
    return type === "flattened" ? { type, flattenedIn: nearest } : UNMAPPED;
  };
  return withNames(mappingOf, function* () {
    for (const name of declaredNames()) {
      const type = declared(name)?.type;
      if (type !== "object" && type !== "nested") yield name;
    }
  });
}

export function withNames(mappingOf: (name: string) => Mapping, names: FieldTypes["names"]): FieldTypes {
  return Object.assign((name: string) => mappingOf(name), { names });
}
