import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Rule } from "../rule.ts";
import { RuleError } from "../rule.ts";
import { readTable } from "../toml.ts";
import { type ExceptionsFile, readNdjsonExceptions, readTomlExceptions } from "./file.ts";
import { type ExceptionItem, type ListName, listKey, type ValueList } from "./item.ts";
import { readValueList, valueList } from "./value-list.ts";

/** The exceptions of a folder, by the lists they are in. */
export interface Exceptions {
  readonly folder: string;
  readonly files: readonly ExceptionsFile[];
  readonly errors: readonly RuleError[];
  /** The items of a rule: of the lists that it names, and of those that a file gives it. */
  itemsOf(rule: Pick<Rule, "rule_id" | "exceptions_list">): RuleExceptions;
}

interface RuleExceptions {
  readonly items: readonly ExceptionItem[];
  /** Indexes into `exceptions_list`: lists that no file has. */
  readonly missing: readonly number[];
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Where the exceptions of a folder of rules are: beside it. */
export function exceptionsBeside(rules: string): string {
  return join(rules, "..", "exceptions");
}

/** The files of exceptions in a folder, in the order of their names; none where there is no folder. */
export function exceptionFilesIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".toml") || name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(folder, name));
}

/** The value lists of a folder of exceptions, in the order of their names. */
export function valueListFilesIn(folder: string): string[] {
  const lists = join(folder, "lists");
  if (statSync(lists, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(lists)
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .map((name) => join(lists, name));
}

/** True of a folder that holds exceptions, by its name or by what is in it: a folder of rules is none. */
export function isExceptionsFolder(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return basename(path) === "exceptions" || exceptionFilesIn(path).some(isExceptionsFile);
}

function isExceptionsFile(path: string): boolean {
  if (path.endsWith(".ndjson")) return true;
  if (!statSync(path).isFile()) return false;
  try {
    return Object.hasOwn(readTable(path, readFileSync(path, "utf8")), "exceptions");
  } catch (error) {
    if (error instanceof RuleError) return false; // which whoever reads it as a rule says
    throw error;
  }
}

/** Reads `*.toml`, `*.ndjson` and `lists/*.txt` of a folder. */
export function readExceptions(folder: string): Exceptions {
  const read = new Map<string, ValueList>();
  const readList = (id: string, type: string): ValueList => {
    const known = read.get(id);
    if (known !== undefined) return valueList(id, type, known);
    const list = readValueList(folder, id, type);
    read.set(id, list);
    return list;
  };
  const files: ExceptionsFile[] = [];
  const errors: RuleError[] = [];
  const ids = new Map<string, ExceptionItem>();
  for (const path of exceptionFilesIn(folder)) {
    try {
      const file = readFile(path, readList);
      refuseTwins(file, ids);
      files.push(file);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length === 0) errors.push(...files.flatMap((file) => missingLists(file, files)));
  return { folder, files, errors, itemsOf: itemsBy(files, errors) };
}

/** No exceptions at all. */
export const NO_EXCEPTIONS: Exceptions = { folder: "", files: [], errors: [], itemsOf: itemsBy([], []) };

function readFile(path: string, readList: (id: string, type: string) => ValueList): ExceptionsFile {
  const about = statSync(path);
  const refuse = (reason: string) => new RuleError(path, [{ code: "schema", line: 1, column: 1, reason }]);
  // A pipe would be waited for, and a device read without end.
  if (!about.isFile()) throw refuse("no file");
  if (about.size > MAX_BYTES) throw refuse(`more than ${MAX_BYTES} bytes`);
  const text = readFileSync(path, "utf8");
  return path.endsWith(".toml") ? readTomlExceptions(path, text, readList) : readNdjsonExceptions(path, text, readList);
}

/** An export of rules without their lists: a rule would run without what it names. */
function missingLists({ path, byRule, rulePlaces }: ExceptionsFile, files: readonly ExceptionsFile[]): RuleError[] {
  const there = new Set(files.flatMap(({ lists, items }) => [...lists, ...items.map(({ list }) => list)]).map(listKey));
  return [...byRule].flatMap(([id, names]) =>
    names
      .filter((name) => !there.has(listKey(name)))
      .map((name) => {
        const reason = `the rule ${id} has the list ${name.listId} (${name.namespaceType}), which no file here has`;
        const { line, column } = rulePlaces.get(id) ?? { line: 1, column: 1 };
        return new RuleError(path, [{ code: "exception", line, column, reason }]);
      }),
  );
}

/** An old copy of an item would go on hiding what the newer one lets through. */
function refuseTwins({ path, items }: ExceptionsFile, ids: Map<string, ExceptionItem>): void {
  for (const item of items) {
    if (item.itemId === undefined) continue;
    const id = `${item.list.namespaceType} ${item.itemId}`;
    const twin = ids.get(id);
    if (twin !== undefined) {
      const there = `${twin.path}:${twin.placeOf([]).line}`;
      const reason = `item_id ${item.itemId} is also that of the exception at ${there}`;
      throw new RuleError(path, [{ code: "duplicate-id", ...item.placeOf(["item_id"]), reason }]);
    }
    ids.set(id, item);
  }
}

function itemsBy(files: readonly ExceptionsFile[], errors: readonly RuleError[]): Exceptions["itemsOf"] {
  const lists = new Map<string, ExceptionItem[]>();
  const byRule = new Map<string, ListName[]>();
  for (const file of files) {
    for (const list of file.lists) if (!lists.has(listKey(list))) lists.set(listKey(list), []);
    for (const item of file.items) {
      const key = listKey(item.list);
      const items = lists.get(key) ?? [];
      lists.set(key, items);
      items.push(item);
    }
    for (const [rule, names] of file.byRule) byRule.set(rule, [...(byRule.get(rule) ?? []), ...names]);
  }
  return ({ rule_id, exceptions_list = [] }) => {
    const own = exceptions_list.map(({ list_id, namespace_type }) =>
      listKey({ listId: list_id, namespaceType: namespace_type }),
    );
    const given = (byRule.get(rule_id) ?? []).map(listKey);
    const items = [...new Set([...own, ...given])].flatMap((key) => lists.get(key) ?? []);
    // A list that a broken file may have is missed once that file is mended.
    const missing = errors.length > 0 ? [] : own.flatMap((key, index) => (lists.has(key) ? [] : [index]));
    return { items, missing };
  };
}
