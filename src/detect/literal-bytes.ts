const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** A literal of `Necessary`, as bytes. */
export interface LiteralBytes {
  readonly bytes: Buffer;
  /** It is the end of a value: a quote must follow, or, in a text within a text, a backslash. */
  readonly isClosed: boolean;
}

export function literalBytes(literal: string): LiteralBytes {
  const isClosed = literal.length > 1 && literal.endsWith('"');
  return { bytes: Buffer.from(isClosed ? literal.slice(0, -1) : literal, "latin1"), isClosed };
}

/** Whether a value can end here. A quote before a colon is that of a key. */
export function closesValue(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  const byte = bytes[at];
  return byte === BACKSLASH || (byte === QUOTE && !(at + 1 < end && bytes[at + 1] === COLON));
}

/** What a closing quote can be. */
export const CLOSERS: readonly number[] = [QUOTE, BACKSLASH];
