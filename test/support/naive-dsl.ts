import type { JsonObject } from "../../src/ecs/json.ts";
import { wildcardPattern } from "../../src/ecs/pattern.ts";

/** Query DSL as Kibana makes it of exceptions. */
export type Dsl = { readonly [kind: string]: unknown };

/** A document's values by name; objects under a nested path apart. */
function valuesAt(document: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(document)) return document.flatMap((each) => valuesAt(each, path));
  const [head, ...rest] = path;
  if (head === undefined) return document === undefined || document === null ? [] : [document];
  return typeof document === "object" && document !== null ? valuesAt((document as JsonObject)[head], rest) : [];
}

/** What Elasticsearch answers of keywords, by the words of its documentation. @param prefix of the nested path looked into */
export function naiveDsl(query: Dsl, document: JsonObject, nested: readonly string[], prefix = ""): boolean {
  const [[kind, body] = ["", {}]] = Object.entries(query) as [string, Dsl][];
  const has = (name: string, test: (value: unknown) => boolean) => {
    const hidden = nested.some((path) => name.startsWith(`${path}.`) && prefix !== `${path}.`);
    return !hidden && valuesAt(document, name.slice(prefix.length).split(".")).some(test);
  };
  const [[field, value] = ["", undefined]] = Object.entries(body);
  switch (kind) {
    case "bool": {
      const list = (name: string) => [body[name] ?? []].flat() as Dsl[];
      const is = (each: Dsl) => naiveDsl(each, document, nested, prefix);
      const should = list("should");
      return list("filter").every(is) && !list("must_not").some(is) && (should.length === 0 || should.some(is));
    }
    case "match_phrase":
      return has(field, (each) => each === value);
    case "exists":
      return has(String(body["field"]), () => true);
    case "terms":
      return has(field, (each) => (value as unknown[]).includes(each));
    case "wildcard": {
      const segments = String(value).split("*");
      const like = segments.length > 1 ? wildcardPattern(segments) : (text: string) => text === value;
      return has(field, (each) => like(String(each)));
    }
    case "nested": {
      const path = String(body["path"]);
      const objects = valuesAt(document, path.split(".")) as JsonObject[];
      return objects.some((object) => naiveDsl(body["query"] as Dsl, object, nested, `${path}.`));
    }
    default:
      throw new Error(`no naive reading of ${kind}`);
  }
}
