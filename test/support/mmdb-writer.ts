import { parseAddress } from "../../src/ecs/ip.ts";

/** A value of a record; numbers are written as uint32, and a text that was written before as a pointer to it. */
export type MmdbValue = string | number | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

interface MmdbOptions {
  readonly type?: string;
  readonly ipVersion?: 4 | 6;
  readonly recordSize?: 24 | 28 | 32;
}

/** A record of a database of ASN. */
export function asn(number: number, organization: string): MmdbValue {
  return { autonomous_system_number: number, autonomous_system_organization: organization };
}

/** A branch of the tree: a node's number, what lies in the data section, or nothing. */
type Branch = { readonly node: number } | { readonly data: number } | undefined;

/**
 * A database in MaxMind's format. Of networks within one another the one that stands last wins.
 * @param networks as `["203.0.113.0/24", record]`
 * @see https://maxmind.github.io/MaxMind-DB/
 */
export function mmdb(
  networks: readonly (readonly [network: string, record: MmdbValue])[],
  { type = "GeoLite2-ASN", ipVersion = 6, recordSize = 24 }: MmdbOptions = {},
): Buffer {
  const data = encoder();
  const nodes: [Branch, Branch][] = [[undefined, undefined]];
  for (const [network, record] of networks) insert(nodes, bitsOf(network, ipVersion), { data: data.write(record) });
  const tree = Buffer.concat(
    nodes.map(([left, right]) => node(recordSize, numberOf(left, nodes.length), numberOf(right, nodes.length))),
  );
  const metadata = encoder();
  metadata.write({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: type,
    description: { en: type },
    ip_version: ipVersion,
    languages: ["en"],
    node_count: nodes.length,
    record_size: recordSize,
  });
  const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
  return Buffer.concat([tree, Buffer.alloc(16), data.bytes(), marker, metadata.bytes()]);
}

function bitsOf(network: string, ipVersion: 4 | 6): string {
  const [text = "", length = ""] = network.split("/");
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${network} is no network`);
  if (typeof address === "bigint") return address.toString(2).padStart(128, "0").slice(0, Number(length));
  const bits = address.toString(2).padStart(32, "0").slice(0, Number(length));
  return ipVersion === 4 ? bits : "0".repeat(96) + bits;
}

function insert(nodes: [Branch, Branch][], bits: string, leaf: Branch): void {
  let at = 0;
  for (const [depth, bit] of Array.from(bits).entries()) {
    const branches = nodes[at] as [Branch, Branch];
    const side = bit === "1" ? 1 : 0;
    if (depth === bits.length - 1) {
      branches[side] = leaf;
      return;
    }
    const next = branches[side];
    // A wider network goes on on both sides of the narrower one.
    if (next === undefined || "data" in next) branches[side] = { node: nodes.push([next, next]) - 1 };
    at = (branches[side] as { readonly node: number }).node;
  }
}

function numberOf(branch: Branch, nodeCount: number): number {
  if (branch === undefined) return nodeCount;
  return "node" in branch ? branch.node : nodeCount + 16 + branch.data;
}

function node(recordSize: 24 | 28 | 32, left: number, right: number): Buffer {
  const bytes = Buffer.alloc(recordSize / 4);
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, 0);
    bytes.writeUInt32BE(right, 4);
  } else {
    bytes.writeUIntBE(left % 2 ** 24, 0, 3);
    bytes.writeUIntBE(right % 2 ** 24, recordSize / 8 + (recordSize === 28 ? 0.5 : 0), 3);
    if (recordSize === 28) bytes[3] = (Math.floor(left / 2 ** 24) << 4) | Math.floor(right / 2 ** 24);
  }
  return bytes;
}

function encoder() {
  const parts: Buffer[] = [];
  const seen = new Map<string, number>();
  let length = 0;
  const push = (...bytes: readonly (number | Buffer)[]) => {
    for (const each of bytes) {
      const part = typeof each === "number" ? Buffer.from([each]) : each;
      parts.push(part);
      length += part.length;
    }
  };
  /** A control byte; types from 8 on have one of their own, and sizes from 29 on as well. */
  const head = (type: number, size: number) => {
    const short = size < 29 ? size : size < 285 ? 29 : 30;
    push((type > 7 ? 0 : type << 5) | short);
    if (type > 7) push(type - 7);
    if (short === 29) push(size - 29);
    if (short === 30) push((size - 285) >> 8, (size - 285) & 255);
  };
  const value = (of: MmdbValue): void => {
    if (typeof of === "number") {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(of);
      head(6, 4);
      push(bytes);
    } else if (typeof of === "string") {
      const before = seen.get(of);
      if (before === undefined) {
        seen.set(of, length);
        head(2, Buffer.byteLength(of));
        push(Buffer.from(of));
      } else push(...pointer(before));
    } else if (Array.isArray(of)) {
      head(11, of.length);
      for (const each of of as readonly MmdbValue[]) value(each);
    } else {
      head(7, Object.keys(of).length);
      for (const [key, inner] of Object.entries(of)) {
        value(key);
        value(inner);
      }
    }
  };
  return {
    /** @returns where it begins */
    write(of: MmdbValue): number {
      const start = length;
      value(of);
      return start;
    },
    bytes: () => Buffer.concat(parts),
  };
}

/** As the format has pointers: in two bytes up to 2047, in three up to 526,335, else in five. */
function pointer(to: number): Buffer {
  if (to < 2048) return Buffer.from([0x20 | (to >> 8), to & 255]);
  const bytes = Buffer.alloc(to < 526_336 ? 3 : 5);
  if (to < 526_336) {
    bytes.writeUIntBE(to - 2048, 0, 3);
    bytes[0] = 0x28 | (bytes[0] ?? 0);
  } else {
    bytes[0] = 0x38;
    bytes.writeUInt32BE(to, 1);
  }
  return bytes;
}
