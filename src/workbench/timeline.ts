import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Scratch, scratch } from "./scratch.ts";

/** What has a time and a place, and can be written as JSON. */
export interface Timed {
  /** Epoch ms. */
  readonly at: number;
  readonly source: string;
  readonly line: number;
}

/** Puts any number of things in order of time, in bounded memory: what is too much waits sorted in files. */
export interface Timeline<T extends Timed> {
  add(some: readonly T[]): Promise<void>;
  /** Once all are added. In order of time, then of place. */
  ordered(): AsyncGenerator<T>;
  /** Removes what lies in files. */
  close(): void;
}

/** @param most how many may wait in memory */
export function timeline<T extends Timed>(most: number): Timeline<T> {
  let waiting: T[] = [];
  let folder: Scratch | undefined;
  const files: string[] = [];

  async function spill(some: T[]): Promise<void> {
    folder ??= scratch();
    const path = join(folder.path, String(files.length));
    files.push(path);
    const file = await open(path, "wx", 0o600);
    try {
      let text = "";
      for (const each of some.sort(inOrder)) {
        text += `${JSON.stringify(each)}\n`;
        if (text.length > WRITTEN_AT_ONCE) {
          await file.write(text);
          text = "";
        }
      }
      await file.write(text);
    } finally {
      await file.close();
    }
  }

  return {
    async add(some) {
      for (const each of some) waiting.push(each);
      if (waiting.length <= most) return;
      // Taken at once: others may add while this is written.
      const full = waiting;
      waiting = [];
      await spill(full);
    },

    async *ordered() {
      const last = waiting.sort(inOrder);
      if (files.length === 0) yield* last;
      else yield* merged<T>([...files.map((path) => fromFile<T>(path)), last]);
    },

    close() {
      folder?.remove();
      folder = undefined;
    },
  };
}

const WRITTEN_AT_ONCE = 1 << 20;

function inOrder(a: Timed, b: Timed): number {
  return a.at - b.at || (a.source < b.source ? -1 : a.source > b.source ? 1 : a.line - b.line);
}

/** By \n alone: node:readline ends lines at U+2028 too, which JSON may hold as it is. */
async function* fromFile<T>(path: string): AsyncGenerator<T> {
  let rest = "";
  for await (const text of createReadStream(path, "utf8") as AsyncIterable<string>) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as T;
  }
}

/** Sorted ones to one: there are few, so the first of all is looked for among their heads. */
async function* merged<T extends Timed>(sorted: readonly (AsyncIterable<T> | Iterable<T>)[]): AsyncGenerator<T> {
  const heads: { value: T; readonly rest: AsyncIterator<T> | Iterator<T> }[] = [];
  for (const each of sorted) {
    const rest = Symbol.asyncIterator in each ? each[Symbol.asyncIterator]() : each[Symbol.iterator]();
    const { value, done } = await rest.next();
    if (done !== true) heads.push({ value, rest });
  }
  while (heads.length > 0) {
    let first = 0;
    for (let index = 1; index < heads.length; index++) {
      const [a, b] = [heads[index], heads[first]];
      if (a !== undefined && b !== undefined && inOrder(a.value, b.value) < 0) first = index;
    }
    const head = heads[first];
    if (head === undefined) return;
    yield head.value;
    const { value, done } = await head.rest.next();
    if (done === true) heads.splice(first, 1);
    else head.value = value;
  }
}
