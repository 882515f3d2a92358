import { inertCut, inertJson } from "../../finding/inert.ts";
import type { Group } from "../../operations/quarantine.ts";
import type { Walk } from "../../operations/queue.ts";
import { EXIT, type Given, type Out } from "../verb.ts";

/** Groups that are shown; and UTF-16 units of a sender's name. */
const SHOWN = 50;
const NAME = 80;
/** Groups in JSON. */
const IN_JSON = 1000;

/** `firstsight quarantine list` */
export function list({ options }: Given, { print }: Out) {
  return async (walk: Walk): Promise<number> => {
    const { listed } = await import("../../operations/quarantine.ts");
    const { groups, ...sum } = await listed(walk);
    if (options["json"] === true) {
      print(inertJson({ ...sum, groups: groups.slice(0, IN_JSON), moreGroups: Math.max(0, groups.length - IN_JSON) }));
      return EXIT.fine;
    }
    const { messages, documents, bytes } = sum;
    print(`${messages} messages: ${documents} documents, ${bytes} bytes`);
    if (groups.length === 0) return EXIT.fine;
    print("");
    for (const line of columns([HEAD, ...groups.slice(0, SHOWN).map(row)])) print(line);
    const more = groups.slice(SHOWN);
    if (more.length > 0) {
      print(`… ${more.length} more groups, of ${more.reduce((total, group) => total + group.documents, 0)} documents`);
    }
    return EXIT.fine;
  };
}

const HEAD = ["documents", "bytes", "reason", "first arrival", "last arrival", "stream", "sender"];

function row({ documents, bytes, reason, first, last, stream, sender }: Group): string[] {
  return [String(documents), String(bytes), reason, first, last, stream, sender].map((text) => inertCut(text, NAME));
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
