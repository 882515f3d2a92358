import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";

/** An ECS document in the making. Names are those of a normaliser's own tables, never of its input. */
export type Draft = Record<string, JsonValue>;

/** Puts a value where none is yet; nothing is no value. */
export function put(draft: Draft, name: string, value: JsonValue | undefined): void {
  if (value === undefined) return;
  const { holder, key } = placeOf(draft, name);
  holder[key] ??= value;
}

/** Puts a value that is made when it is first read: most events of most rules are looked at without. */
export function putLazily(draft: Draft, name: string, make: () => JsonValue | undefined): void {
  const { holder, key } = placeOf(draft, name);
  Object.defineProperty(holder, key, {
    enumerable: true,
    configurable: true,
    get: () => {
      const value = make();
      Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
      return value;
    },
  });
}

function placeOf(draft: Draft, name: string): { readonly holder: Draft; readonly key: string } {
  const parts = partsOf(name);
  let holder = draft;
  for (let index = 0; index < parts.length - 1; index++) {
    const part = parts[index] as string;
    holder[part] ??= {};
    holder = holder[part] as Draft;
  }
  return { holder, key: parts.at(-1) ?? name };
}

const split = new Map<string, readonly string[]>();

/** Each name is split once: they are those of tables, and so there are few. */
function partsOf(name: string): readonly string[] {
  let parts = split.get(name);
  if (parts === undefined) {
    parts = name.split(".");
    split.set(name, parts);
  }
  return parts;
}

/** A value that is made when it is first read. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** An object that is made when it is first read; undefined where there is nothing in it. */
export function lazily(make: (draft: Draft) => void): () => JsonObject | undefined {
  return once(() => {
    const draft: Draft = {};
    make(draft);
    for (const _ in draft) return draft;
    return undefined;
  });
}

/** The value at a path of own properties through objects. */
export function valueAt(document: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of partsOf(path)) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

export function textAt(document: JsonObject, path: string): string | undefined {
  const value = valueAt(document, path);
  return typeof value === "string" ? value : undefined;
}
