import { type Condition, type Operand, parseCondition, parseProjection, parseUpdate, type Update } from "./parse.ts";
import { type Item, invalid, isEqual, order, type Value } from "./values.ts";

/** What placeholders stand for. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
}

/** Each text is parsed once: a storm asks the same three expressions ten thousand times. */
function cached<T>(parse: (text: string) => T): (text: string) => T {
  const parsed = new Map<string, T>();
  return (text) => {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const result = parse(text);
    parsed.set(text, result);
    return result;
  };
}

export const conditionOf = cached(parseCondition);
export const updateOf = cached(parseUpdate);
const projectionOf = cached(parseProjection);
const placeholdersOf = cached((text: string) => new Set(text.match(/[#:]\w+/g)));

/** @throws ValidationException for a placeholder that is given and not used, as DynamoDB does */
export function assertAllUsed(given: Placeholders, texts: readonly (string | undefined)[]): void {
  const used = texts.map((text) => placeholdersOf(text ?? ""));
  for (const part of ["ExpressionAttributeNames", "ExpressionAttributeValues"] as const) {
    for (const name of Object.keys(given[part] ?? {})) {
      if (used.some((each) => each.has(name))) continue;
      throw invalid(`Value provided in ${part} unused in expressions: keys: {${name}}`);
    }
  }
}

export function nameOf(name: string, { ExpressionAttributeNames = {} }: Placeholders): string {
  if (!name.startsWith("#")) return name;
  const stands = ExpressionAttributeNames[name];
  if (stands === undefined) throw invalid(`An expression attribute name is not defined: ${name}`);
  return stands;
}

export function evaluated(operand: Operand, item: Item, given: Placeholders): Value | undefined {
  switch (operand.kind) {
    case "attribute":
      return item[nameOf(operand.name, given)];
    case "value": {
      const value = given.ExpressionAttributeValues?.[operand.name];
      if (value === undefined) throw invalid(`An expression attribute value is not defined: ${operand.name}`);
      return value;
    }
    case "size": {
      const value = item[nameOf(operand.name, given)];
      if (value === undefined) return undefined;
      if (!("SS" in value)) throw invalid("size of what is no set is not known here");
      return { N: String(value.SS.length) };
    }
    case "if_not_exists":
      return item[nameOf(operand.name, given)] ?? evaluated(operand.otherwise, item, given);
    case "sum": {
      const [left, right] = [evaluated(operand.left, item, given), evaluated(operand.right, item, given)];
      if (left === undefined || right === undefined) return undefined;
      if (!("N" in left && "N" in right))
        throw invalid("An operand in the update expression has an incorrect data type");
      return { N: String(Number(left.N) + operand.sign * Number(right.N)) };
    }
  }
}

export function holds(condition: Condition, item: Item, given: Placeholders): boolean {
  switch (condition.kind) {
    case "and":
      return holds(condition.left, item, given) && holds(condition.right, item, given);
    case "or":
      return holds(condition.left, item, given) || holds(condition.right, item, given);
    case "not":
      return !holds(condition.inner, item, given);
    case "exists":
      return (item[nameOf(condition.name, given)] !== undefined) === condition.expected;
    case "compare":
      return compares(condition, evaluated(condition.left, item, given), evaluated(condition.right, item, given));
  }
}

/** Nothing holds of what is missing or of another type, but `<>`, which always does. */
function compares(
  { comparator }: Condition & { kind: "compare" },
  a: Value | undefined,
  b: Value | undefined,
): boolean {
  if (comparator === "=") return isEqual(a, b);
  if (comparator === "<>") return !isEqual(a, b);
  const between = order(a, b);
  if (between === undefined) return false;
  if (comparator === "<") return between < 0;
  if (comparator === "<=") return between <= 0;
  return comparator === ">" ? between > 0 : between >= 0;
}

export interface Updated {
  readonly item: Item;
  /** Attributes that were set. */
  readonly set: readonly string[];
}

/** All operands are of the item as it was. */
export function updated({ set, remove, add }: Update, old: Item, given: Placeholders): Updated {
  const item: Record<string, Value> = { ...old };
  const names = new Set<string>();
  const claim = (name: string) => {
    const attribute = nameOf(name, given);
    if (names.has(attribute)) throw invalid(`Two document paths overlap with each other: ${attribute}`);
    names.add(attribute);
    return attribute;
  };
  for (const { name, operand } of set) {
    const value = evaluated(operand, old, given);
    if (value === undefined)
      throw invalid("The provided expression refers to an attribute that does not exist in the item");
    item[claim(name)] = value;
  }
  for (const { name, operand } of add) {
    const more = evaluated(operand, old, given);
    const attribute = claim(name);
    const before = old[attribute] ?? { SS: [] };
    if (more === undefined || !("SS" in more && "SS" in before) || more.SS.length === 0)
      throw invalid("An operand in the update expression has an incorrect data type");
    item[attribute] = { SS: [...new Set([...before.SS, ...more.SS])] };
  }
  const written = [...names];
  for (const name of remove) delete item[claim(name)];
  return { item, set: written };
}

export function picked(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = item[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

export function projected(item: Item, text: string | undefined, given: Placeholders): Item {
  if (text === undefined) return item;
  return picked(
    item,
    projectionOf(text).map((name) => nameOf(name, given)),
  );
}
