import type { FieldTypes, Mapping } from "../../ecs/mapping.ts";
import { wildcardPattern } from "../../ecs/pattern.ts";
import { isLoneStar, type KqlNode, type Literal, literalText } from "../../kql/ast.ts";

export type Leaf = Extract<KqlNode, { kind: "is" | "range" }>;

export function nameOf({ field }: Leaf, prefix: string): string {
  return field === null ? "" : prefix + literalText(field);
}

export function isKeyword({ type }: Mapping): boolean {
  return type === "keyword" || type === "wildcard" || type === "constant_keyword";
}

/** True where an event that one clause holds for is one that the other holds for, whatever else is in it. */
export function suffices(leaf: Leaf, other: Leaf, types: FieldTypes, prefix: string): boolean {
  if (other.kind !== "is" || leaf.field === null || other.field === null) return false;
  const name = nameOf(leaf, prefix);
  if (name !== nameOf(other, prefix) || (leaf.field.kind === "wildcard") !== (other.field.kind === "wildcard"))
    return false;
  if (isLoneStar(other.value)) return true;
  if (leaf.kind !== "is") return false;
  const isSame = literalText(leaf.value) === literalText(other.value);
  if (isSame && leaf.value.kind === other.value.kind) return true;
  const mapping = types(name);
  if (!isKeyword(mapping) || mapping.normalizer !== undefined || leaf.value.kind === "wildcard") return false;
  return fits(other.value, literalText(leaf.value));
}

function fits(value: Literal, text: string): boolean {
  return value.kind === "wildcard" ? wildcardPattern(value.segments)(text) : literalText(value) === text;
}

interface Values {
  readonly name: string;
  readonly values: readonly Literal[];
}

/** The values that a clause, or a list of them, asks of one field. */
export function valuesOf(node: KqlNode): Values | undefined {
  if (node.kind === "is" && node.field !== null) return { name: literalText(node.field), values: [node.value] };
  if (node.kind !== "or") return undefined;
  const [first, ...rest] = node.nodes.map((child) => (child.kind === "is" ? valuesOf(child) : undefined));
  if (first === undefined || rest.some((other) => other?.name !== first.name)) return undefined;
  return { name: first.name, values: [first, ...rest].flatMap((each) => each?.values ?? []) };
}

/**
 * Fields of which an event surely has one value: of ECS's, those that describe one thing. Others are lists now and then
 * where ECS has them single: event.action of merged events, source.ip, file.name.
 */
const SINGLE = new Set([
  "data_stream.dataset",
  "data_stream.namespace",
  "data_stream.type",
  "event.dataset",
  "event.kind",
  "event.module",
  "event.outcome",
  "event.provider",
  "host.os.type",
  "process.executable",
  "process.name",
  "process.parent.executable",
  "process.parent.name",
]);

/** The field of one value that two parts of a query ask different values of, where they do. */
export function impossible(node: KqlNode, other: KqlNode, prefix: string): string | undefined {
  if (prefix !== "") return undefined;
  const asked = valuesOf(node);
  const beside = valuesOf(other);
  if (asked === undefined || beside === undefined || asked.name !== beside.name || !SINGLE.has(asked.name)) {
    return undefined;
  }
  return mayMeet(asked.values, beside.values) ? undefined : asked.name;
}

/** Values compared at most: two long lists are left alone. */
const MAX_PAIRS = 10_000;

function mayMeet(some: readonly Literal[], others: readonly Literal[]): boolean {
  if (some.length * others.length > MAX_PAIRS) return true;
  return some.some((one) =>
    others.some((two) => {
      if (one.kind === "wildcard" && two.kind === "wildcard") return true;
      // Of a constant_keyword a quoted star is a wildcard, too.
      if ([one, two].some((each) => each.kind !== "wildcard" && literalText(each).includes("*"))) return true;
      return one.kind === "wildcard" ? fits(one, literalText(two)) : fits(two, literalText(one));
    }),
  );
}
