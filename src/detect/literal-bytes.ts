import { casing } from "../kql/necessary.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const DOT = 0x2e;

/** What must follow a literal: anything, the end of a value, or that of a part of a key. */
export type Closing = "none" | "value" | "key";

/** A literal of `Necessary`, as bytes. */
export interface LiteralBytes {
  readonly bytes: Buffer;
  readonly closing: Closing;
  /** The bytes are small letters, and may stand there as capitals. */
  readonly anyCase: boolean;
}

export function literalBytes(literal: string): LiteralBytes {
  const { text, anyCase } = casing(literal);
  const closing: Closing = text.endsWith('":') ? "key" : text.endsWith('"') ? "value" : "none";
  const open = closing === "key" ? text.slice(0, -2) : closing === "value" ? text.slice(0, -1) : text;
  return { bytes: Buffer.from(open), closing, anyCase };
}

/** Whether a literal that ends before a place is closed there. */
export function isClosed(closing: Closing, bytes: Uint8Array, at: number, end: number): boolean {
  if (closing === "none") return true;
  if (at >= end) return false;
  const byte = bytes[at];
  // In a text within a text each quote has a backslash before it.
  if (byte === BACKSLASH) return true;
  if (closing === "key") return byte === QUOTE || byte === DOT;
  // A quote before a colon is that of a key.
  return byte === QUOTE && !(at + 1 < end && bytes[at + 1] === COLON);
}

const SPACES = [0x20, 0x09, 0x0a, 0x0d];

/** What can stand before the quote that opens a key or a value: a bracket or a comma, a colon, or a space. */
const BEFORE_QUOTE: readonly number[] = [..."{[,:\\"].map((char) => char.charCodeAt(0)).concat(SPACES);

/** What can stand behind the quote that closes a value, or behind the backslash before that. */
const BEHIND_VALUE: readonly (readonly [number, readonly number[]])[] = [
  [QUOTE, [..."]},"].map((char) => char.charCodeAt(0)).concat(SPACES)],
  [BACKSLASH, [BACKSLASH, QUOTE]],
];

/**
 * All that can stand in four bytes that hold a literal's bytes from a place on, one before its first, or up to two behind
 * its last; undefined where that is too much to tell.
 * @param into how far into the literal the four begin; -1 is one byte before it
 */
export function fourAt({ bytes, closing }: LiteralBytes, into: number): readonly (readonly number[])[] | undefined {
  const own = [...bytes.subarray(Math.max(into, 0), into + 4)];
  if (into < 0) return bytes[0] === QUOTE && own.length === 3 ? BEFORE_QUOTE.map((byte) => [byte, ...own]) : undefined;
  const missing = 4 - own.length;
  if (missing === 0) return [own];
  if (closing === "none" || missing > 2 || own.length === 0) return undefined;
  if (missing === 1)
    return (closing === "key" ? [QUOTE, BACKSLASH, DOT] : [QUOTE, BACKSLASH]).map((byte) => [...own, byte]);
  if (closing === "key") return undefined;
  return BEHIND_VALUE.flatMap(([closer, behind]) => behind.map((byte) => [...own, closer, byte]));
}
