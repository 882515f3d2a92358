/** A member of an object, or an element of an array, where it stands. */
export interface Child {
  /** As it is spelled, without quotes; of an element empty. */
  readonly key: string;
  readonly from: number;
  readonly end: number;
}

/**
 * The children of an object or array whose brackets balance. Texts of numbers stay as they are, which parsing and writing
 * again would not leave alone.
 * @param open index of the opening bracket
 */
export function* children(bytes: Buffer, open: number): Generator<Child> {
  const isObject = bytes[open] === 123;
  let key: string | undefined;
  for (let at = open + 1; at < bytes.length; ) {
    const byte = bytes[at] as number;
    if (byte === 125 || byte === 93) return;
    if (isBetween(byte)) {
      at++;
      continue;
    }
    const end = valueEnd(bytes, at);
    if (isObject && key === undefined) key = bytes.toString("latin1", at + 1, end - 1);
    else {
      yield { key: key ?? "", from: at, end };
      key = undefined;
    }
    at = end;
  }
}

/** The member of an object by its name, the last one if there are several, as JSON.parse has it. */
export function memberOf(bytes: Buffer, open: number, name: string): Child | undefined {
  if (bytes[open] !== 123) return undefined;
  let found: Child | undefined;
  for (const child of children(bytes, open)) if (child.key === name) found = child;
  return found;
}

function isBetween(byte: number): boolean {
  return byte <= 32 || byte === 44 || byte === 58;
}

function valueEnd(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === 34) return stringEnd(bytes, from);
  if (first !== 123 && first !== 91) {
    let at = from + 1;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (isBetween(byte) || byte === 125 || byte === 93) break;
    }
    return at;
  }
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 34) at = stringEnd(bytes, at) - 1;
    else if (byte === 123 || byte === 91) depth++;
    else if ((byte === 125 || byte === 93) && --depth === 0) return at + 1;
  }
  return bytes.length;
}

/** Index behind the closing quote. */
function stringEnd(bytes: Buffer, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] === 92) at++;
    else if (bytes[at] === 34) return at + 1;
  }
  return bytes.length;
}
