import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import { shown, type YamlFile } from "./yaml-file.ts";

/** A key of a YAML mapping with its value. */
export interface Entry {
  readonly key: Node;
  readonly value: Node;
}

/** The keys of a mapping: its own, and those that `<<` brings and that it does not set itself. */
export interface Mapping {
  readonly own: ReadonlyMap<string, Entry>;
  readonly merged: ReadonlyMap<string, Entry>;
}

const MERGE = "<<";

/** @throws ScenarioError where it is no mapping, or sets a key twice */
export function mappingOf(file: YamlFile, node: Node, depth: number, what: string): Mapping {
  const map = file.read(node, depth);
  if (!isMap(map)) return file.refuse(node, `${what} is ${kindOf(map)}, and should be a mapping`);
  const own = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  for (const pair of map.items) {
    const key = pair.key as Node;
    const value = (pair.value ?? pair.key) as Node;
    const name = keyOf(file, key);
    if (pair.value === null) file.refuse(key, `${name} has no value; write null for none`);
    if (own.has(name)) file.refuse(key, `${name} stands twice in this mapping`);
    own.set(name, { key, value });
  }
  const merge = own.get(MERGE);
  own.delete(MERGE);
  if (merge !== undefined) {
    const source = file.read(merge.value, depth + 1);
    // Of several mappings the first that sets a key has it.
    for (const each of isSeq(source) ? (source.items as Node[]) : [merge.value]) {
      const { own: set, merged: further } = mappingOf(file, each, depth + 1, "what << merges");
      for (const [name, entry] of [...set, ...further]) if (!merged.has(name)) merged.set(name, entry);
    }
  }
  for (const name of own.keys()) merged.delete(name);
  return { own, merged };
}

/** A mapping of which every key is known. */
export function knownKeys<Key extends string>(
  file: YamlFile,
  node: Node,
  { keys, what }: { readonly keys: readonly Key[]; readonly what: string },
): Partial<Record<Key, Node>> {
  const { own, merged } = mappingOf(file, node, 0, what);
  const found: Partial<Record<Key, Node>> = {};
  for (const [name, { key, value }] of [...merged, ...own]) {
    const known = keys.find((each) => each === name);
    if (known === undefined) file.refuse(key, `${what} has no key "${shown(name)}"; it has ${keys.join(", ")}`);
    else found[known] = value;
  }
  return found;
}

export function listOf(file: YamlFile, node: Node, what: string): readonly Node[] {
  const list = file.read(node, 0);
  if (!isSeq(list)) return file.refuse(node, `${what} is ${kindOf(list)}, and should be a list`);
  return list.items as Node[];
}

/** A single value's text, as it is written where it is no text: `1.0` stays so. */
export function textOf(file: YamlFile, node: Node, what: string): string {
  const scalar = file.read(node, 0);
  if (!isScalar(scalar) || scalar.value === null) {
    return file.refuse(node, `${what} is ${kindOf(scalar)}, and should be a text`);
  }
  return scalarText(scalar);
}

export function scalarText({ value, source }: Scalar): string {
  return typeof value === "string" ? value : (source ?? String(value));
}

export function kindOf(node: Node): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  return isScalar(node) && node.value !== null ? `"${shown(scalarText(node))}"` : "nothing";
}

function keyOf(file: YamlFile, node: Node): string {
  const key = file.read(node, 0);
  return isScalar(key) ? scalarText(key) : file.refuse(node, `a key is ${kindOf(key)}, and should be a text`);
}
