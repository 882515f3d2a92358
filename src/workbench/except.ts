import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isUnseen } from "../finding/inert.ts";
import type { Rule } from "../rule/rule.ts";
import { readTable, type Table } from "../rule/toml.ts";

/** An exception that somebody wants: each of the fields has to be one of its values. */
export interface Wanted {
  readonly rule: Pick<Rule, "rule_id" | "name">;
  readonly entries: readonly Wish[];
  /** Epoch ms: an event later than that is no longer excepted. */
  readonly until: number;
  readonly owner: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly now: number;
}

export interface Wish {
  readonly field: string;
  /** Each once; the field has to be any of them. */
  readonly values: readonly string[];
}

export interface Written {
  /** All of the file. */
  readonly text: string;
  /** What is new in it. */
  readonly added: string;
  readonly itemId: string;
}

/**
 * Adds an exception to the text of a file in the form of a detection-rules repository, or makes the file. What stands in
 * it stays, comments and layout included.
 * @param text of the file, or nothing where there is none
 * @throws Error in words for the user: the file has another form, or holds the exception already
 */
export function withException(text: string | undefined, wanted: Wanted): Written {
  const itemId = idOf(wanted);
  if (text === undefined) {
    const added = `${metadata(wanted)}\n${container(wanted)}\n${itemText(wanted, itemId, listOf(wanted))}`;
    return { text: added, added, itemId };
  }
  const before = readTable("the file", text);
  refuseOthers(before, wanted, itemId);
  const glue = text.endsWith("\n") ? "\n" : "\n\n";
  // An item goes to the last list of a file; where that one is written on a line, to a list of its own.
  const ofLast = itemText(wanted, itemId, lastListOf(before) ?? listOf(wanted));
  const candidates = [ofLast, `${container(wanted)}\n${itemText(wanted, itemId, listOf(wanted))}`];
  for (const added of candidates) {
    const all = text + glue + added;
    if (keeps(all, before, itemId)) return { text: all, added, itemId };
  }
  throw new Error("nothing can be added to it as it is written: it needs [[exceptions]] with [[exceptions.items]]");
}

/** True where the text holds all that was there, and the item behind it. */
function keeps(text: string, before: Table, itemId: string): boolean {
  let after: Table;
  try {
    after = readTable("the file", text);
  } catch {
    return false;
  }
  const listsIn = (table: Table) =>
    tablesIn(table, "exceptions").map((list) => ({ ...list, items: [...tablesIn(list, "items")] }));
  const [old, lists] = [listsIn(before), listsIn(after)];
  const last = lists.at(-1);
  if (last?.items.pop()?.["item_id"] !== itemId) return false;
  const isOwnList = lists.length > old.length && last.items.length === 0;
  const left = isOwnList ? lists.slice(0, -1) : lists;
  return isDeepStrictEqual(plain({ ...after, exceptions: left }), plain({ ...before, exceptions: old }));
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function refuseOthers(table: Table, { rule }: Wanted, itemId: string): void {
  const [meta] = tablesIn({ metadata: [table["metadata"]] }, "metadata");
  const ids = meta?.["rule_ids"];
  if (!Array.isArray(ids) || !ids.includes(rule.rule_id)) {
    throw new Error(`its metadata.rule_ids does not name the rule ${rule.rule_id}`);
  }
  const items = tablesIn(table, "exceptions").flatMap((list) => tablesIn(list, "items"));
  if (items.some((item) => item["item_id"] === itemId)) {
    throw new Error(`it holds the same exception already, as item_id ${itemId}: change its expire_time there`);
  }
}

function lastListOf(table: Table): List | undefined {
  const [list] = tablesIn({ container: [tablesIn(table, "exceptions").at(-1)?.["container"]] }, "container");
  const { list_id, namespace_type = "single" } = list ?? {};
  return typeof list_id === "string" ? { listId: list_id, namespaceType: String(namespace_type) } : undefined;
}

interface List {
  readonly listId: string;
  readonly namespaceType: string;
}

function listOf({ rule }: Wanted): List {
  return { listId: `firstsight-${rule.rule_id}`, namespaceType: "single" };
}

function tablesIn(table: Table, key: string): Table[] {
  const value = table[key];
  const isTable = (each: unknown): each is Table => typeof each === "object" && each !== null && !Array.isArray(each);
  return Array.isArray(value) ? value.filter(isTable) : [];
}

/** The same exception of the same rule has the same id, so that it is not written twice. */
function idOf({ rule, entries }: Wanted): string {
  const asked = entries.map(({ field, values }) => [field, ...values.toSorted()]).sort();
  const hex = createHash("sha256")
    .update(JSON.stringify([rule.rule_id, asked]))
    .digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function metadata({ rule, now }: Wanted): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "/");
  return `[metadata]
creation_date = "${day}"
updated_date = "${day}"
list_name = ${tomlString(`Exceptions of ${rule.name}`)}
rule_ids = [${tomlString(rule.rule_id)}]
rule_names = [${tomlString(rule.name)}]
`;
}

function container(wanted: Wanted): string {
  const name = tomlString(`Exceptions of ${wanted.rule.name}`);
  return `[[exceptions]]

[exceptions.container]
list_id = ${tomlString(listOf(wanted).listId)}
name = ${name}
description = ${name}
namespace_type = "single"
type = "rule_default"
tags = []
`;
}

function itemText({ entries, until, owner, reason }: Wanted, itemId: string, list: List): string {
  const name = entries.map(({ field, values }) => `${field} is ${values.join(" or ")}`).join(" and ");
  return `[[exceptions.items]]
item_id = ${tomlString(itemId)}
list_id = ${tomlString(list.listId)}
namespace_type = ${tomlString(list.namespaceType)}
name = ${tomlString(name)}
description = ${tomlString(reason)}
type = "simple"
tags = []
comments = []
meta = { owner = ${tomlString(owner)} }
expire_time = "${new Date(until).toISOString()}"
${entries
  .map(
    ({ field, values: [value = "", ...more] }) => `
[[exceptions.items.entries]]
field = ${tomlString(field)}
operator = "included"
type = "${more.length === 0 ? "match" : "match_any"}"
value = ${more.length === 0 ? tomlString(value) : `[${[value, ...more].map(tomlString).join(", ")}]`}
`,
  )
  .join("")}`;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * A text as a TOML basic string, on one line, with nothing in it that hides: https://toml.io/en/v1.0.0#string
 * @throws Error where it is no text that TOML can hold
 */
export function tomlString(text: string): string {
  const escaped = Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) throw new Error("a value with half a surrogate pair cannot be written");
    const short = SHORT[char];
    if (short !== undefined) return short;
    return isUnseen(char) ? `\\U${code.toString(16).padStart(8, "0")}` : char;
  });
  return `"${escaped.join("")}"`;
}
