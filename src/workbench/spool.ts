import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./scratch.ts";

/** Keeps any number of things in a file, in the order in which they came, to be read once all are there. */
export interface Spool<T> extends Iterable<T> {
  add(value: T): void;
  close(): void;
}

const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/** Of values that JSON can say. */
export function spool<T>(): Spool<T> {
  const folder = scratch();
  const file = openSync(join(folder.path, "spool"), "wx+", 0o600);
  let text = "";

  function flush(): void {
    writeSync(file, text);
    text = "";
  }

  return {
    add(value) {
      text += `${JSON.stringify(value)}\n`;
      if (text.length > CHUNK) flush();
    },

    *[Symbol.iterator]() {
      flush();
      let rest = Buffer.alloc(0);
      for (let at = 0; ; ) {
        const chunk = Buffer.allocUnsafe(CHUNK);
        const read = readSync(file, chunk, 0, CHUNK, at);
        if (read === 0) return;
        at += read;
        rest = Buffer.concat([rest, chunk.subarray(0, read)]);
        let start = 0;
        for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
          yield JSON.parse(rest.toString("utf8", start, end)) as T;
          start = end + 1;
        }
        rest = rest.subarray(start);
      }
    },

    close() {
      closeSync(file);
      folder.remove();
    },
  };
}
