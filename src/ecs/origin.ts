/** Where in a raw document the values of an ECS field come from. */
export type Origin =
  /** It is the same in each event of the shape. */
  | { readonly kind: "constant"; readonly value: string }
  /** Its values stand in the raw document as they are, at one of these paths. */
  | { readonly kind: "copied"; readonly from: readonly string[] }
  /** It is made of what stands at one of these paths, in other words; of none where no path must be there. */
  | { readonly kind: "made"; readonly from: readonly string[] };

/** The origin of a field by its name; undefined where no event of the shape has the field. */
export type Origins = (name: string) => Origin | undefined;

/**
 * @param table the fields that a normaliser writes; a copied one may be an object, whose inner fields are copied with it
 */
export function originsOf(table: ReadonlyMap<string, Origin>): Origins {
  const outer = new Set([...table.keys()].flatMap((name) => prefixes(name)));
  return (name) => {
    const own = table.get(name);
    if (own !== undefined) return own;
    for (const prefix of prefixes(name).reverse()) {
      const origin = table.get(prefix);
      if (origin === undefined) continue;
      if (origin.kind !== "copied") return origin.kind === "made" ? origin : undefined;
      return { kind: "copied", from: origin.from.map((path) => path + name.slice(prefix.length)) };
    }
    return outer.has(name) ? { kind: "made", from: [] } : undefined;
  };
}

/** The names that a field's name leads through, without its own. */
function prefixes(name: string): string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}
