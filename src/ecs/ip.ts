import { holds } from "./keyword.ts";
import type { Leaf } from "./leaf.ts";
import { type FieldSemantics, QueryError } from "./semantics.ts";

/**
 * An address in Elasticsearch's 128-bit space, IPv4 at ::ffff:0:0/96: a number for IPv4 (mapped IPv6 included), else a
 * bigint. Equal addresses are `===`.
 */
export type Address = number | bigint;

const MAPPED = 0xffff_0000_0000n;

/** `ip`: addresses compare as addresses, whatever their spelling; a literal with a slash is a CIDR block. */
export function ip(): FieldSemantics {
  return {
    indexes: (leaf) => indexed(leaf) !== undefined,
    terms(literals) {
      const blocks = literals.filter((literal) => literal.includes("/")).map(cidr);
      const wanted = new Set<Address>(literals.filter((literal) => !literal.includes("/")).map(address));
      const spelled = new Set<Leaf>(Array.from(wanted, formatAddress));
      return (leaf) => {
        if (spelled.has(leaf)) return true;
        // An IPv4 address without a colon has one spelling.
        if (blocks.length === 0 && !(typeof leaf === "string" && leaf.includes(":"))) return false;
        const found = indexed(leaf);
        return found !== undefined && (wanted.has(found) || blocks.some((contains) => contains(found)));
      };
    },
    pattern(segments) {
      throw new QueryError(
        `a wildcard cannot match an ip field; write a CIDR block instead of "${segments.join("*")}"`,
      );
    },
    range(operator, literal) {
      if (literal.includes("/")) throw new QueryError(`a CIDR block has no place in a range: "${literal}"`);
      const bound = wide(address(literal));
      return (leaf) => {
        const found = indexed(leaf);
        if (found === undefined) return false;
        const value = wide(found);
        return holds(operator, value < bound ? -1 : value > bound ? 1 : 0);
      };
    },
    canonical(leaf) {
      const found = indexed(leaf);
      if (found === undefined) return undefined;
      const text = formatAddress(found);
      return { tag: "ip", text, value: text };
    },
  };
}

function indexed(leaf: Leaf): Address | undefined {
  return typeof leaf === "string" ? parseAddress(leaf) : undefined;
}

function address(literal: string): Address {
  const parsed = parseAddress(literal);
  if (parsed === undefined) throw new QueryError(`"${literal}" is not an IP address, and the field is ip`);
  return parsed;
}

function cidr(literal: string): (found: Address) => boolean {
  const slash = literal.indexOf("/");
  const base = address(literal.slice(0, slash));
  const prefixText = literal.slice(slash + 1);
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  const isV4 = typeof base === "number";
  if (isV4 && literal.includes(":")) {
    throw new QueryError(`"${literal}" is a CIDR block on an IPv4-mapped address; write it as IPv4`);
  }
  if (!(prefix <= (isV4 ? 32 : 128))) throw new QueryError(`"${literal}" has no valid prefix length`);

  const bits = BigInt((isV4 ? 32 : 128) - prefix);
  const low = (wide(base) >> bits) << bits;
  const high = low + (1n << bits) - 1n;
  return (found) => {
    const value = wide(found);
    return value >= low && value <= high;
  };
}

function wide(value: Address): bigint {
  return typeof value === "number" ? MAPPED + BigInt(value) : value;
}

/** Reads an IPv4 dotted quad (no leading zeros, no short forms) or an IPv6 address; a `%scope` is ignored. */
export function parseAddress(text: string): Address | undefined {
  // The longest spelling is 45 characters; a scope may follow.
  if (text.length > 100) return undefined;
  if (!text.includes(":")) return parseV4(text, 0);
  const percent = text.indexOf("%");
  return parseV6(percent < 0 ? text : text.slice(0, percent));
}

function parseV4(text: string, from: number): number | undefined {
  let value = 0;
  let at = from;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && text[at++] !== ".") return undefined;
    const start = at;
    let part = 0;
    while (at < text.length && at - start < 4) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      part = part * 10 + digit;
      at++;
    }
    const length = at - start;
    if (length === 0 || part > 255 || (length > 1 && text[start] === "0")) return undefined;
    value = value * 256 + part;
  }
  return at === text.length ? value : undefined;
}

function parseV6(text: string): Address | undefined {
  const gap = text.indexOf("::");
  if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) return undefined;
  const head = groups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const tail = gap < 0 ? [] : groups(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined;

  let value = 0n;
  for (const group of [...head, ...new Array<number>(missing).fill(0), ...tail]) value = (value << 16n) | BigInt(group);
  return value >> 32n === 0xffffn ? Number(value & 0xffff_ffffn) : value;
}

/** The 16-bit groups of one side of the gap; an embedded IPv4 may end the address and counts as two. */
function groups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const found: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (mayEndInV4 && index === parts.length - 1 && part.includes(".")) {
      const v4 = parseV4(part, 0);
      if (v4 === undefined) return undefined;
      found.push(Math.floor(v4 / 65536), v4 % 65536);
    } else {
      const group = hexGroup(part);
      if (group === undefined) return undefined;
      found.push(group);
    }
  }
  return found;
}

function hexGroup(part: string): number | undefined {
  if (part.length === 0 || part.length > 4) return undefined;
  let value = 0;
  for (let at = 0; at < part.length; at++) {
    const digit = "0123456789abcdef".indexOf(part.charAt(at).toLowerCase());
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

/** RFC 5952 text; IPv4-mapped addresses as IPv4. */
export function formatAddress(value: Address): string {
  if (typeof value === "number") {
    return [value / 2 ** 24, value / 2 ** 16, value / 2 ** 8, value].map((part) => Math.floor(part) % 256).join(".");
  }
  const parts = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && parts[to] === 0) to++;
    if (to - from > best.length) best = { from, length: to - from };
  }
  const hex = (list: number[]) => list.map((part) => part.toString(16)).join(":");
  return best.from < 0 ? hex(parts) : `${hex(parts.slice(0, best.from))}::${hex(parts.slice(best.from + best.length))}`;
}
