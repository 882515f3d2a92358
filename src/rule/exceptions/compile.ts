import type { Clock } from "../../ecs/date-math.ts";
import { type Field, type FieldOptions, field } from "../../ecs/field.ts";
import { isObject } from "../../ecs/json.ts";
import type { LeafTest } from "../../ecs/leaf.ts";
import type { FieldTypes } from "../../ecs/mapping.ts";
import { fieldPath } from "../../ecs/path.ts";
import { type FieldSemantics, QueryError } from "../../ecs/semantics.ts";
import type { Predicate } from "../../kql/compile.ts";
import type { KeyPath } from "../places.ts";
import { type Refusal, RuleError } from "../rule.ts";
import type { ExceptionItem, ValueList } from "./item.ts";
import type { Entry, InnerEntry } from "./schema.ts";

/** An exception, ready to be held against events. */
export interface Exception {
  readonly item: ExceptionItem;
  /** All of them must hold: the entries, and one for the operating systems. */
  readonly clauses: readonly ExceptionClause[];
  /** @param at when the event counts, epoch ms */
  isExpired(at: number): boolean;
  /** True of an event that the exception hides: it has not expired, and each clause holds. */
  holds: (event: Parameters<Predicate>[0], at: number) => boolean;
}

interface ExceptionClause {
  readonly text: string;
  readonly holds: Predicate;
  /** What it reads; none where no value can be read there, as of a nested field outside its objects. */
  readonly fields: readonly Field[];
}

/**
 * Makes exceptions of a rule ready: Kibana's filter (lists/server/services/exception_lists/build_exception_filter.ts) as
 * predicates. What Elasticsearch would fail the search for is refused.
 * @throws RuleError of an exceptions file
 */
export function compileExceptions(items: readonly ExceptionItem[], types: FieldTypes, clock: Clock): Exception[] {
  const refusals: (Refusal & { readonly path: string })[] = [];
  const compiled = items.map((item): Exception => {
    const attempt = (key: KeyPath, build: () => ExceptionClause): ExceptionClause[] => {
      try {
        return [build()];
      } catch (error) {
        const reason = (text: string) => `the exception "${item.name}": ${text}`;
        if (error instanceof ValueError) {
          const { path, line } = error;
          refusals.push({ code: "exception", path, line, column: 1, reason: reason(error.message) });
        } else if (error instanceof QueryError) {
          refusals.push({
            ...{ code: "exception", path: item.path, ...item.placeOf(key) },
            reason: reason(error.message),
          });
        } else throw error;
        return [];
      }
    };
    const clauses = [
      ...item.entries.flatMap((entry, index) =>
        attempt(["entries", index], () => entryClause(entry, { types, clock }, item.valueLists)),
      ),
      ...(item.osTypes.length === 0 ? [] : attempt(["os_types"], () => osClause(item.osTypes, { types, clock }))),
    ];
    const isExpired = (at: number) => item.expireTime !== undefined && item.expireTime < at;
    return {
      ...{ item, clauses, isExpired },
      holds: (event, at) => !isExpired(at) && clauses.every(({ holds }) => holds(event)),
    };
  });
  const [first] = refusals;
  if (first !== undefined) {
    throw new RuleError(
      first.path,
      refusals.filter(({ path }) => path === first.path),
    );
  }
  return compiled;
}

/** A value of a value list that the field cannot have. */
class ValueError extends QueryError {
  readonly path: string;
  readonly line: number;

  constructor(reason: string, { path, lines }: ValueList, index: number) {
    super(reason);
    this.path = path;
    this.line = lines[index] ?? 1;
  }
}

function entryClause(entry: Entry, options: FieldOptions, valueLists: ReadonlyMap<string, ValueList>): ExceptionClause {
  switch (entry.type) {
    case "nested":
      return nestedClause(entry, options);
    case "list": {
      const values = valueLists.get(entry.list.id);
      if (values === undefined) throw new QueryError(`the value list ${entry.list.id} was not read`);
      return leafClause(entry, options, ({ semantics }) => valueListTest(semantics, entry.list.type, values));
    }
    case "wildcard":
      return leafClause(entry, options, ({ semantics, mapping, name }) => {
        const test = semantics.glob?.(entry.value, false);
        if (test !== undefined) return test;
        throw new QueryError(`a wildcard needs a keyword or text field, and ${name} is ${mapping.type}`);
      });
    default:
      return valueClause(entry, options);
  }
}

function valueClause(entry: InnerEntry, options: FieldOptions): ExceptionClause {
  if (entry.type === "exists") return leafClause(entry, options, undefined);
  const values = entry.type === "match" ? [entry.value] : entry.value;
  return leafClause(entry, options, ({ semantics }) => phraseTest(semantics, values));
}

/** match_phrase, for each of the values. */
function phraseTest(semantics: FieldSemantics, values: readonly string[]): LeafTest {
  const { phrase } = semantics;
  if (phrase === undefined) return semantics.terms(values);
  const tests = values.map((value) => phrase(value));
  return (leaf) => tests.some((test) => test(leaf));
}

/** @param test nothing asks whether there is a value at all */
function leafClause(
  entry: Exclude<Entry, { type: "nested" }>,
  options: FieldOptions,
  test: ((found: Field) => LeafTest) | undefined,
): ExceptionClause {
  const name = fullName(entry.field, options);
  const text = textOf(entry, name);
  const found = fieldAt(name, options);
  const isIncluded = entry.operator === "included";
  // Elasticsearch finds no value of a nested field but within its objects.
  if (found === undefined) return { text, fields: [], holds: () => !isIncluded };
  const passes = test?.(found);
  const holds: Predicate = passes === undefined ? found.exists : (event) => found.some(event, passes);
  return { text, fields: [found], holds: isIncluded ? holds : (event) => !holds(event) };
}

function fieldAt(name: string, options: FieldOptions): Field | undefined {
  const { type, nestedIn } = options.types(name);
  return type === "nested" || nestedIn !== options.nestedIn ? undefined : field(name, options);
}

function fullName(name: string, { nestedIn }: FieldOptions): string {
  return nestedIn === undefined ? name : `${nestedIn}.${name}`;
}

/** Some object of the field meets all entries by itself; `excluded` is asked of each object, too. */
function nestedClause(entry: Extract<Entry, { type: "nested" }>, { types, clock }: FieldOptions): ExceptionClause {
  const { type } = types(entry.field);
  if (type !== "nested") throw new QueryError(`a nested entry needs a nested field, and ${entry.field} is ${type}`);
  const inner = entry.entries.map((each) => valueClause(each, { types, clock, nestedIn: entry.field }));
  const path = fieldPath(entry.field);
  return {
    text: `${entry.field}: { ${inner.map(({ text }) => text).join(", ")} }`,
    fields: [],
    holds: (event) => path.values(event).some((value) => isObject(value) && inner.every(({ holds }) => holds(value))),
  };
}

function valueListTest(semantics: FieldSemantics, type: string, list: ValueList): LeafTest {
  const { values } = list;
  const isRange = (value: string) => type === "ip_range" && value.includes("-");
  const single = values.filter((value) => !isRange(value));
  const terms = semantics.rawTerms ?? semantics.terms;
  try {
    const isOne = terms(single);
    const ranges = values.filter(isRange).map((value) => rangeTest(semantics, value));
    return ranges.length === 0 ? isOne : (leaf) => isOne(leaf) || ranges.some((within) => within(leaf));
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const index = values.findIndex((value) => {
      try {
        if (isRange(value)) rangeTest(semantics, value);
        else terms([value]);
        return false;
      } catch {
        return true;
      }
    });
    throw new ValueError(error.message, list, index);
  }
}

function rangeTest(semantics: FieldSemantics, value: string): LeafTest {
  const dash = value.indexOf("-");
  const from = semantics.range("gte", value.slice(0, dash).trim());
  const to = semantics.range("lte", value.slice(dash + 1).trim());
  return (leaf) => from(leaf) && to(leaf);
}

const OS_FIELDS = ["host.os.type", "host.os.name.caseless"];

/** One of the systems, in either of the fields that say it. */
function osClause(osTypes: readonly string[], options: FieldOptions): ExceptionClause {
  const parts = OS_FIELDS.map((name) =>
    valueClause({ field: name, operator: "included", type: "match_any", value: [...osTypes] }, options),
  );
  return {
    text: `${OS_FIELDS.join(" or ")} is ${listed(osTypes)}`,
    fields: parts.flatMap(({ fields }) => fields),
    holds: (event) => parts.some(({ holds }) => holds(event)),
  };
}

const SHOWN_VALUES = 3;

function listed(values: readonly string[]): string {
  const shown = values.slice(0, SHOWN_VALUES).map((value) => JSON.stringify(value));
  const more = values.length > shown.length ? [`${values.length - shown.length} more`] : [];
  return [...shown, ...more].join(" or ");
}

function textOf(entry: Exclude<Entry, { type: "nested" }>, name: string): string {
  const not = entry.operator === "included" ? "" : "not ";
  switch (entry.type) {
    case "match":
      return `${name} is ${not}${JSON.stringify(entry.value)}`;
    case "match_any":
      return `${name} is ${not}${listed(entry.value)}`;
    case "wildcard":
      return `${name} is ${not}like ${JSON.stringify(entry.value)}`;
    case "exists":
      return entry.operator === "included" ? `${name} exists` : `${name} does not exist`;
    case "list":
      return `${name} is ${not}in the value list ${entry.list.id}`;
  }
}
