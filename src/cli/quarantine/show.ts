import { isUtf8 } from "node:buffer";
import { inert, inertCut, inertJson } from "../../finding/inert.ts";
import type { Shown } from "../../operations/quarantine.ts";
import type { Walk } from "../../operations/queue.ts";
import { EXIT, type Given, type Out, textOf, UsageError } from "../verb.ts";
import { wantedOf } from "./wanted.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 1000;
/** Of each document: characters of a line, lines, bytes of what is no text, bytes in JSON. */
const LINE = 400;
const LINES = 20;
const HEX = 256;
const IN_JSON = 16 * 1024;
/** UTF-16 units of a name. */
const NAME = 512;

/** `firstsight quarantine show` */
export function show(given: Given, { print, warn }: Out) {
  const limit = limitOf(given);
  const wanted = wantedOf(given);
  const isJson = given.options["json"] === true;
  return async (walk: Walk): Promise<number> => {
    const { shown } = await import("../../operations/quarantine.ts");
    const documents: object[] = [];
    let count = 0;
    for await (const document of shown(walk, wanted)) {
      if (typeof document === "string") {
        warn(inert(`cannot be shown: ${document}`));
        continue;
      }
      if (count++ === limit) {
        warn(`there are more than these ${limit}: --limit N shows more`);
        break;
      }
      if (isJson) documents.push(json(document));
      else for (const line of lines(document)) print(line);
    }
    if (isJson) print(inertJson({ documents }));
    else if (count === 0) print("nothing of it is there");
    return EXIT.fine;
  };
}

function limitOf(given: Given): number {
  const text = textOf(given, "limit") ?? String(DEFAULT_LIMIT);
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new UsageError(`--limit is a number from 1 to ${MAX_LIMIT}, and not "${text}"`);
}

function json({ bytes, length, ...about }: Shown): object {
  return { ...about, length, isCut: length > IN_JSON, base64: bytes.subarray(0, IN_JSON).toString("base64") };
}

function lines({ reason, ruleId, arrival, recordId, position, sender, bytes }: Shown): string[] {
  const fields = { rule: ruleId, arrival, record: recordId, position, ...sender };
  return [
    `${inert(reason, NAME)}, ${bytes.length} bytes`,
    ...Object.entries(fields).flatMap(([label, value]) =>
      value === undefined ? [] : [`  ${label.padEnd(15)}${inertCut(value, NAME)}`],
    ),
    // No line of an attacker's begins as one of these do.
    ...(isUtf8(bytes) && !bytes.includes(0) ? textLines(bytes) : hexLines(bytes)).map((line) =>
      `  | ${line}`.trimEnd(),
    ),
    "",
  ];
}

function textLines(bytes: Buffer): string[] {
  const head = bytes.toString("utf8", 0, LINE * LINES * 4);
  const all = head.split("\n");
  const shown = all.slice(0, LINES).map((line) => inertCut(line, LINE));
  return all.length > LINES ? [...shown, "…"] : shown;
}

function hexLines(bytes: Buffer): string[] {
  const rows = Array.from({ length: Math.ceil(Math.min(bytes.length, HEX) / 16) }, (_, index) => {
    const row = bytes.subarray(index * 16, index * 16 + 16);
    const hex = row.toString("hex").replaceAll(/../g, "$& ");
    const text = row.toString("latin1").replaceAll(/[^ -~]/g, ".");
    return `${(index * 16).toString(16).padStart(4, "0")}  ${hex.padEnd(48)} ${text}`;
  });
  return bytes.length > HEX ? [...rows, "…"] : rows;
}
