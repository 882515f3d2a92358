import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ValueList } from "./item.ts";
import { MAX_VALUES } from "./schema.ts";

/** Types of value lists that Kibana puts into a rule's query. Of others it drops the whole exception, with a warning. */
const TYPES = ["keyword", "ip", "ip_range"];
/** What it puts in at most: of a longer list it drops the exception, too. */
const MAX_DASH_RANGES = 200;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads a value list as Kibana exports it, one value a line: `lists/<id>.txt`.
 * @param folder the folder of exceptions
 * @throws Error in words, where Kibana would drop the exception or fail the rule
 */
export function readValueList(folder: string, id: string, type: string): ValueList {
  refuseType(id, type);
  if (/[/\\\0]/.test(id))
    throw new Error(`the value list "${id}" has an id that no file can have: it has /, \\ or NUL`);
  const path = join(folder, "lists", `${id}.txt`);
  const about = statSync(path, { throwIfNoEntry: false });
  if (about === undefined) {
    throw new Error(`the value list "${id}" is not there: put what Kibana exports of it at ${path}, one value a line`);
  }
  if (!about.isFile()) throw new Error(`the value list ${path} is no file`);
  if (about.size > MAX_BYTES) throw new Error(`the value list ${path} has more than ${MAX_BYTES} bytes`);
  const values: string[] = [];
  const lines: number[] = [];
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    const value = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (value === "") continue;
    values.push(value);
    lines.push(index + 1);
  }
  return valueList(id, type, { path, values, lines });
}

/** @throws Error as above */
export function valueList(id: string, type: string, list: ValueList): ValueList {
  refuseType(id, type);
  const { values } = list;
  if (values.length > MAX_VALUES)
    throw new Error(unprocessed(id, `has ${values.length} values; ${MAX_VALUES} are the most`));
  const ranges = type === "ip_range" ? values.filter((value) => value.includes("-")).length : 0;
  if (ranges > MAX_DASH_RANGES) {
    throw new Error(unprocessed(id, `has ${ranges} ranges with a dash; ${MAX_DASH_RANGES} are the most`));
  }
  return list;
}

function refuseType(id: string, type: string): void {
  if (!TYPES.includes(type)) throw new Error(unprocessed(id, `is of type ${type}; ${TYPES.join(", ")} are supported`));
}

function unprocessed(id: string, reason: string): string {
  return `the value list "${id}" ${reason}: Kibana would leave the whole exception out, and only warn`;
}
