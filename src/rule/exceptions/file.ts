import { TomlDate } from "smol-toml";
import type * as z from "zod/mini";
import { parseDate } from "../../ecs/iso-date.ts";
import { type KeyPath, type Place, placesIn } from "../places.ts";
import { type Refusal, type RefusalCode, RuleError } from "../rule.ts";
import { nearest } from "../spelling.ts";
import { readTable } from "../toml.ts";
import { type ExceptionItem, type ListName, listKey, type ValueList } from "./item.ts";
import { jsonPlaces } from "./json-places.ts";
import { exceptionSchemas, type ItemTable } from "./schema.ts";

/** What one file of exceptions holds. */
export interface ExceptionsFile {
  readonly path: string;
  readonly lists: readonly ListName[];
  readonly items: readonly ExceptionItem[];
  /** Lists that the file gives to a rule, by its rule_id. */
  readonly byRule: ReadonlyMap<string, readonly ListName[]>;
  /** Where the file names a rule. */
  readonly rulePlaces: ReadonlyMap<string, Place>;
}

/** The values of a list by its id and type. @throws Error in words where it cannot be used */
export type ValueListReader = (id: string, type: string) => ValueList;

/** Of a line, as Kibana's import has it. */
const MAX_OBJECTS = 10_000;

/** Collects what is wrong with a file, and what its items are. */
interface Draft {
  readonly path: string;
  readonly readList: ValueListReader;
  readonly refusals: Refusal[];
}

/**
 * Reads a file of exceptions in the form of a detection-rules repository.
 * @throws RuleError with each reason that could be found
 */
export function readTomlExceptions(path: string, text: string, readList: ValueListReader): ExceptionsFile {
  const table = readTable(path, text);
  const places = lazily(() => placesIn(text));
  const at = (key: KeyPath) => places().placeOf(key);
  const checked = exceptionSchemas().file.safeParse(table);
  if (!checked.success) throw new RuleError(path, refusalsOf(checked.error, at), checked.error);
  const { metadata, exceptions } = checked.data;
  const draft: Draft = { path, readList, refusals: [] };
  const lists: ListName[] = [];
  const items: ExceptionItem[] = [];
  for (const [index, { container, items: tables }] of exceptions.entries()) {
    const list = nameOf(container);
    lists.push(list);
    for (const [number, item] of tables.entries()) {
      const key = ["exceptions", index, "items", number];
      const own = { listId: item.list_id ?? list.listId, namespaceType: item.namespace_type ?? list.namespaceType };
      if (listKey(own) !== listKey(list)) {
        const reason = `the item belongs to the list ${listKey(own)}, and stands in ${listKey(list)}`;
        draft.refusals.push({ code: "schema", ...at([...key, "list_id"]), reason });
      }
      items.push(...itemOf(item, list, draft, (inner) => at([...key, ...inner])));
    }
  }
  if (draft.refusals.length > 0) throw new RuleError(path, draft.refusals);
  const byRule = new Map(metadata.rule_ids.map((id) => [id, lists]));
  const rulePlaces = new Map(metadata.rule_ids.map((id, index) => [id, at(["metadata", "rule_ids", index])]));
  return { path, lists, items, byRule, rulePlaces };
}

/**
 * Reads Kibana's export of a list, or of rules with their lists: an object a line, in any order, told apart as Kibana's
 * import does.
 * @throws RuleError with each reason that could be found
 */
export function readNdjsonExceptions(path: string, text: string, readList: ValueListReader): ExceptionsFile {
  const draft: Draft = { path, readList, refusals: [] };
  const lists: ListName[] = [];
  const items: ExceptionItem[] = [];
  const byRule = new Map<string, ListName[]>();
  const rulePlaces = new Map<string, Place>();
  let objects = 0;
  let line = 0;
  for (const source of text.split("\n")) {
    line++;
    if (source.trim() === "") continue;
    const number = line;
    const refuse = (code: RefusalCode, reason: string) =>
      draft.refusals.push({ code, line: number, column: 1, reason });
    if (++objects > MAX_OBJECTS) {
      refuse("schema", `more than ${MAX_OBJECTS} objects, which are the most that Kibana imports`);
      break;
    }
    const offsetOf = lazily(() => jsonPlaces(source));
    const at = (key: KeyPath): Place => ({ line: number, column: offsetOf()(key) + 1 });
    const table = parsed(source);
    if (table === undefined) refuse("json", "the line is no JSON object");
    else if (isDetails(table) || table["type"] === "action") continue;
    else if (Object.hasOwn(table, "entries") || Object.hasOwn(table, "item_id")) {
      const checked = exceptionSchemas().item.safeParse(table);
      if (!checked.success) draft.refusals.push(...refusalsOf(checked.error, at));
      else if (checked.data.list_id === undefined) refuse("schema", "list_id is missing: no rule could name the item");
      else items.push(...itemOf(checked.data, nameOf({ ...checked.data, list_id: checked.data.list_id }), draft, at));
    } else if (Object.hasOwn(table, "rule_id")) {
      // A rule runs from its own file; what its lists are is said here.
      const id = String(table["rule_id"]);
      const named = Array.isArray(table["exceptions_list"]) ? (table["exceptions_list"] as readonly unknown[]) : [];
      for (const each of named) {
        const name = listNameIn(each);
        if (name === undefined) refuse("schema", "exceptions_list holds something without a list_id");
        else byRule.set(id, [...(byRule.get(id) ?? []), name]);
      }
      rulePlaces.set(id, at(["rule_id"]));
    } else {
      const checked = exceptionSchemas().container.safeParse(table);
      if (checked.success) lists.push(nameOf(checked.data));
      else draft.refusals.push(...refusalsOf(checked.error, at));
    }
  }
  if (draft.refusals.length > 0) throw new RuleError(path, draft.refusals);
  return { path, lists, items, byRule, rulePlaces };
}

/** An item by itself, as a case of conformance has it. @throws RuleError */
export function readItem(path: string, table: unknown, readList: ValueListReader): ExceptionItem {
  const at = (): Place => ({ line: 1, column: 1 });
  const checked = exceptionSchemas().item.safeParse(table);
  if (!checked.success) throw new RuleError(path, refusalsOf(checked.error, at), checked.error);
  const draft: Draft = { path, readList, refusals: [] };
  const [item] = itemOf(checked.data, { listId: "", namespaceType: "single" }, draft, at);
  if (item === undefined) throw new RuleError(path, draft.refusals);
  return item;
}

/** @returns nothing where something is wrong with it, which is then in the draft */
function itemOf(
  item: ItemTable,
  list: ListName,
  { path, readList, refusals }: Draft,
  at: (key: KeyPath) => Place,
): ExceptionItem[] {
  const { entries, os_types, expire_time, item_id, name } = item;
  const before = refusals.length;
  const refuse = (key: KeyPath, reason: string) => refusals.push({ code: "exception", ...at(key), reason });
  const time = expire_time === undefined ? undefined : timeOf(expire_time);
  if (expire_time !== undefined && time === undefined) {
    const text = typeof expire_time === "string" ? expire_time : expire_time.toISOString();
    refuse(["expire_time"], `expire_time "${text}" is no time such as 2026-12-31T00:00:00.000Z`);
  }
  const valueLists = new Map<string, ValueList>();
  for (const [index, entry] of entries.entries()) {
    if (entry.type !== "list") continue;
    try {
      valueLists.set(entry.list.id, readList(entry.list.id, entry.list.type));
    } catch (error) {
      refuse(["entries", index, "list"], error instanceof Error ? error.message : String(error));
    }
  }
  if (refusals.length > before) return [];
  const place = lazily(() => at([]));
  return [
    {
      path,
      placeOf: (key) => (key.length === 0 ? place() : at(key)),
      itemId: item_id,
      name: name ?? item_id ?? `${path}:${place().line}`,
      ...{ list, entries, osTypes: os_types },
      expireTime: time,
      owner: ownerOf(item),
      reason: [item.description, ...item.comments.map(({ comment }) => comment)].find((text) => text?.trim()),
      valueLists,
    },
  ];
}

/** Epoch ms; nothing of a date of TOML's without a zone, which would be another time on each machine. */
function timeOf(time: string | Date): number | undefined {
  if (typeof time === "string") return parseDate(time);
  return time instanceof TomlDate && time.isLocal() ? undefined : time.getTime();
}

/** Who wrote it: a file has `meta.owner`, an export `created_by`. */
function ownerOf({ meta, created_by, comments }: ItemTable): string | undefined {
  const owner = typeof meta === "object" && meta !== null && "owner" in meta ? meta.owner : undefined;
  const said = [owner, created_by, ...comments.map((comment) => comment["created_by"])];
  return said.find((each): each is string => typeof each === "string" && each.trim() !== "");
}

function nameOf({ list_id, namespace_type = "single" }: Named): ListName {
  return { listId: list_id, namespaceType: namespace_type };
}

interface Named {
  readonly list_id: string;
  readonly namespace_type?: ListName["namespaceType"] | undefined;
}

function listNameIn(value: unknown): ListName | undefined {
  if (!isTable(value) || typeof value["list_id"] !== "string") return undefined;
  return { listId: value["list_id"], namespaceType: value["namespace_type"] === "agnostic" ? "agnostic" : "single" };
}

function isDetails(table: Readonly<Record<string, unknown>>): boolean {
  return ["exported_exception_list_count", "exported_count"].some((key) => Object.hasOwn(table, key));
}

function parsed(source: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return isTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys that an author may have meant. */
const KNOWN =
  "entries field operator type value list os_types expire_time rule_ids item_id list_id items container".split(" ");

function refusalsOf({ issues }: z.core.$ZodError, at: (key: KeyPath) => Place): Refusal[] {
  return issues.flatMap((issue): Refusal[] => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code !== "unrecognized_keys") {
      return [{ code: "schema", ...at(path), reason: `${path.join(".")}: ${issue.message}` }];
    }
    return issue.keys.map((key) => {
      const meant = nearest(key, KNOWN);
      const advice = meant === undefined ? "no exception has it" : `did you mean ${meant}?`;
      const full = [...path, key];
      return { code: "unknown-key", ...at(full), reason: `unknown key ${full.join(".")}: ${advice}` };
    });
  });
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
