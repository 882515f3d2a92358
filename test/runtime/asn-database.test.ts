import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Reader } from "mmdb-lib";
import { parseAddress } from "../../src/ecs/ip.ts";
import { seeded } from "../../src/local/sample-events.ts";
import type { AutonomousSystem, Networks } from "../../src/normalize/networks.ts";
import { asnDatabase, openAsnDatabase } from "../../src/runtime/asn-database.ts";
import { asn, type MmdbValue, mmdb } from "../support/mmdb-writer.ts";

const SEED = Number(process.env["SEED"] ?? 1);

const LONG = "An organization's name that takes more than twenty-nine bytes, ÄÖÜ";
const V4 = [
  ["198.51.100.0/24", asn(64496, "Example Hosting")],
  ["203.0.113.0/24", asn(64497, "Example Transit")],
  ["203.0.113.128/25", asn(4_200_000_000, LONG)],
  ["203.0.113.255/32", { autonomous_system_number: 64499 }],
  ["192.0.2.0/24", { autonomous_system_organization: "No Number" }],
  ["192.88.99.0/24", { country: { iso_code: "XX" }, autonomous_system_number: "64500" }],
] as const satisfies readonly (readonly [string, MmdbValue])[];
const V6 = [
  ["2001:db8::/32", asn(64501, "Example Hosting")],
  ["2001:db8:ffff::/48", asn(64502, "Six")],
] as const;

const lookup = (networks: Networks, text: string) => networks(parseAddress(text) ?? assert.fail(text));
const is = (number: number | undefined, organization: string | undefined): AutonomousSystem => ({
  number,
  organization,
});

for (const recordSize of [24, 28, 32] as const) {
  test(`addresses are found, records of ${recordSize} bits`, () => {
    const networks = asnDatabase(mmdb([...V4, ...V6], { recordSize }));
    assert.deepEqual(lookup(networks, "198.51.100.0"), is(64496, "Example Hosting"));
    assert.deepEqual(lookup(networks, "198.51.100.255"), is(64496, "Example Hosting"));
    assert.deepEqual(lookup(networks, "203.0.113.127"), is(64497, "Example Transit"));
    assert.deepEqual(lookup(networks, "203.0.113.128"), is(4_200_000_000, LONG));
    assert.deepEqual(lookup(networks, "203.0.113.255"), is(64499, undefined));
    assert.deepEqual(lookup(networks, "192.0.2.1"), is(undefined, "No Number"));
    assert.deepEqual(lookup(networks, "192.88.99.1"), is(undefined, undefined), "of another form");
    assert.deepEqual(lookup(networks, "::ffff:198.51.100.7"), is(64496, "Example Hosting"), "IPv4 in IPv6's clothes");
    assert.deepEqual(lookup(networks, "::ffff:c633:6407"), is(64496, "Example Hosting"));
    assert.deepEqual(lookup(networks, "2001:db8::1"), is(64501, "Example Hosting"));
    assert.deepEqual(lookup(networks, "2001:0DB8:ffff:0:0:0:0:1"), is(64502, "Six"));
    for (const none of ["198.51.101.0", "10.0.0.1", "0.0.0.0", "255.255.255.255", "2001:db9::", "::", "fe80::1%eth0"]) {
      assert.equal(lookup(networks, none), undefined, none);
    }
  });
}

test("a database of IPv4 knows no address of IPv6, whatever its first bits are", () => {
  const networks = asnDatabase(mmdb([["32.0.0.0/3", asn(64496, "First bits of 2001:db8::")], ...V4], { ipVersion: 4 }));
  assert.deepEqual(lookup(networks, "33.1.2.3"), is(64496, "First bits of 2001:db8::"));
  assert.deepEqual(lookup(networks, "::ffff:198.51.100.7"), is(64496, "Example Hosting"));
  assert.equal(lookup(networks, "2001:db8::1"), undefined);
});

test("a database of IPv6 alone is one, too", () => {
  const networks = asnDatabase(mmdb(V6));
  assert.deepEqual(lookup(networks, "2001:db8::1"), is(64501, "Example Hosting"));
  assert.equal(lookup(networks, "198.51.100.7"), undefined);
});

test("many organizations, far apart in the file", () => {
  const organization = (n: number) => `Organization number ${n} ${"x".repeat(n % 400)}`;
  const many = Array.from({ length: 4000 }, (_, n) => {
    return [`20.${n >> 8}.${n & 255}.0/24`, asn(n + 1, organization(n % 3000))] as const;
  });
  const networks = asnDatabase(mmdb(many));
  for (const n of [0, 1, 2999, 3000, 3999]) {
    assert.deepEqual(lookup(networks, `20.${n >> 8}.${n & 255}.9`), is(n + 1, organization(n % 3000)));
  }
});

test("what is no such database is refused, and said why", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-asn-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "some.mmdb");
  const refuses = (reason: string | RegExp) =>
    assert.throws(() => openAsnDatabase(path), {
      message: typeof reason === "string" ? `${path}: ${reason}` : reason,
    });
  refuses("there is no such file");
  assert.throws(() => openAsnDatabase(folder), { message: `${folder}: is no file` });
  writeFileSync(path, "");
  refuses("is no MaxMind DB file, or is cut off: expected GeoLite2-ASN.mmdb, unpacked");
  writeFileSync(path, "network,autonomous_system_number\n1.0.0.0/24,13335\n");
  refuses(/is no MaxMind DB file/);
  writeFileSync(path, mmdb([["198.51.100.0/24", { country: { iso_code: "XX" } }]], { type: "GeoLite2-City" }));
  refuses('is a database of type "GeoLite2-City", whose records have no autonomous_system_number');
  writeFileSync(path, mmdb([]));
  refuses(/whose records have no autonomous_system_number/);
  truncateSync(path, 100 * 1024 * 1024 + 1);
  refuses("has 104857601 bytes, and may have 104857600");
  writeFileSync(path, mmdb(V4));
  assert.deepEqual(lookup(openAsnDatabase(path), "198.51.100.7"), is(64496, "Example Hosting"));
});

// Damaged files: an error or an answer, and neither without end.

const ADDRESSES = ["198.51.100.7", "203.0.113.200", "203.0.113.255", "2001:db8::1", "2001:db8:ffff::1", "255.0.0.1"];

/** @returns whether it could be opened */
function survives(bytes: Buffer): boolean {
  try {
    const networks = asnDatabase(bytes);
    for (const address of ADDRESSES) lookup(networks, address);
    return true;
  } catch (error) {
    assert.ok(error instanceof Error && error.message.startsWith("is "), String(error));
    return false;
  }
}

test("a file that is cut off is refused, wherever it is", () => {
  const bytes = mmdb([...V4, ...V6]);
  assert.ok(survives(bytes));
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(survives(bytes.subarray(0, length)), false, `${length} of ${bytes.length} bytes`);
  }
});

test("a file that has lost its beginning is refused, or answers", () => {
  const bytes = mmdb([...V4, ...V6]);
  for (let start = 1; start < bytes.length; start++) survives(bytes.subarray(start));
});

test("bytes that are changed by chance, or are nothing but chance", () => {
  const random = seeded(SEED);
  const sound = mmdb([...V4, ...V6]);
  const byte = () => Math.floor(random() * 256);
  for (let count = 0; count < 3000; count++) {
    const bytes = Buffer.from(sound);
    for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
      bytes[Math.floor(random() * bytes.length)] = byte();
    }
    survives(bytes);
    const noise = Buffer.from(Array.from({ length: 200 }, byte));
    survives(Buffer.concat([noise, Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"), noise]));
  }
});

/** A file whose tree has one node that leads to the data's first value on both sides, and whose data is this. */
function ofData(data: Buffer, metadata?: Buffer): Buffer {
  const sound = mmdb([["0.0.0.0/1", "x"]], { ipVersion: 4 });
  const marker = sound.indexOf("MaxMind.com", 0, "latin1") - 3;
  const tree = sound.subarray(0, 22);
  return Buffer.concat([tree, data, metadata ?? sound.subarray(marker)]);
}

const LONGEST = [0x1f, 0x04, 0xff, 0xff, 0xff];
const EIGHT = Array.from({ length: 8 });
const HOSTILE: readonly (readonly [what: string, data: readonly number[]])[] = [
  ["a pointer to itself", [0x20, 0x00]],
  ["pointers in a circle", [0x20, 0x02, 0x20, 0x00]],
  ["an array of itself", [0x02, 0x04, 0x20, 0x00, 0x20, 0x00]],
  ["a map of itself", [0xe1, 0x41, 0x61, 0x20, 0x00]],
  ["an array of millions", LONGEST],
  ["arrays of millions within one another", Array.from({ length: 5000 }, () => LONGEST).flat()],
  ["a map of millions", [0xff, 0xff, 0xff, 0xff]],
  ["a text longer than the file", [0x5f, 0xff, 0xff, 0xff]],
  ["a type that there is none of", [0x01, 0xff, 0x00]],
  ["a pointer out of the file", [0x38, 0xff, 0xff, 0xff, 0xff]],
  // Eight arrays, each of eight pointers to the next: sixteen million values.
  [
    "values that multiply",
    [...Array.from({ length: 8 }, (_, n) => [8, 4, ...EIGHT.flatMap(() => [0x20, 18 * n + 18])]).flat(), 0xa0],
  ],
  ["nested a million deep", Array.from({ length: 1_000_000 }, () => [1, 4]).flat()],
];
for (const [what, data] of HOSTILE) {
  test(`${what}: an error, in the data and in the metadata`, () => {
    const damaged = { message: "is a damaged MaxMind DB file" };
    assert.throws(() => asnDatabase(ofData(Buffer.from(data))), damaged);
    const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
    const short = data.slice(0, 100_000);
    assert.throws(() => asnDatabase(ofData(Buffer.from("A"), Buffer.concat([marker, Buffer.from(short)]))), damaged);
  });
}

/** A full tree of IPv4, so many bits deep, each of whose networks has the data's first value. */
function ofTree(bits: number, data: Buffer): Buffer {
  const empty = mmdb([], { ipVersion: 4, recordSize: 32 });
  const metadata = Buffer.from(empty.subarray(empty.indexOf("MaxMind.com", 0, "latin1") - 3));
  const count = 2 ** bits - 1;
  metadata.writeUInt32BE(count, metadata.indexOf("node_count") + "node_count".length + 1);
  const tree = Buffer.alloc(count * 8);
  for (let branch = 0; branch < 2 * count; branch++) {
    tree.writeUInt32BE(branch + 1 < count ? branch + 1 : count + 16, branch * 4);
  }
  return Buffer.concat([tree, Buffer.alloc(16), data, metadata]);
}

test("a thousand networks of the largest and most entangled value take seconds at most to be refused", () => {
  const chain = Array.from({ length: 14 }, (_, n) => [1, 4, 0x20, 4 * n + 4]).flat();
  const took = (length: number) => {
    const array = Buffer.from([30, 4, (length - 285) >> 8, (length - 285) & 255]);
    const data = Buffer.concat([Buffer.from(chain), array, Buffer.alloc(length, 0xc0)]);
    const before = process.cpuUsage();
    let refusal = "";
    try {
      asnDatabase(ofTree(10, data));
    } catch (error) {
      refusal = String(error);
    }
    return { refusal, seconds: process.cpuUsage(before).user / 1e6 };
  };
  const largest = took(8000);
  assert.match(largest.refusal, /no autonomous_system_number/);
  assert.ok(largest.seconds < 10, `${largest.seconds} s`);
  assert.match(took(60_000).refusal, /damaged/);
});

test("a number that is none is not an autonomous system's", () => {
  const numberOf = (value: number) => {
    const double = Buffer.alloc(9, 0x68);
    double.writeDoubleBE(value, 1);
    const name = Buffer.from("autonomous_system_number");
    return ofTree(1, Buffer.concat([Buffer.from([0xe1, 0x58]), name, double]));
  };
  assert.equal(lookup(asnDatabase(numberOf(64_496)), "198.51.100.7")?.number, 64_496);
  for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
    assert.throws(() => asnDatabase(numberOf(none)), /no autonomous_system_number/);
  }
});

test("one that is to be deployed is looked at as a whole: damage where nobody probes is found", () => {
  const many = Array.from(
    { length: 300 },
    (_, n) => [`10.${n % 256}.${n >> 8}.0/24`, asn(n + 1, `System ${n}`)] as const,
  );
  for (const recordSize of [24, 28, 32] as const) {
    const bytes = mmdb([...many, ...V6], { recordSize });
    assert.doesNotThrow(() => asnDatabase(bytes, true));
    const last = bytes.lastIndexOf("System 299");
    const cut = Buffer.from(bytes);
    // A text that is longer than the file.
    cut.fill(0x5f, last - 1, last);
    cut.fill(0xff, last, last + 3);
    assert.doesNotThrow(() => asnDatabase(cut));
    assert.throws(() => asnDatabase(cut, true), { message: "is a damaged MaxMind DB file" });

    const { nodeCount, nodeByteSize } = new Reader(bytes).metadata;
    const astray = Buffer.from(bytes);
    const branch = recordSize === 28 ? 3 : recordSize / 8;
    // The right branch of the last node, to where no value begins.
    const at = (nodeCount - 1) * nodeByteSize + nodeByteSize - branch;
    astray.writeUIntBE(nodeCount + 3, at, branch);
    if (recordSize === 28) astray.writeUInt8(astray.readUInt8(at - 1) & 0xf0, at - 1);
    assert.throws(() => asnDatabase(astray, true), { message: "is a damaged MaxMind DB file" });
  }
});

test("a tree in a circle, deeper than an address has bits", () => {
  for (const ipVersion of [4, 6] as const) {
    const bytes = mmdb([["198.51.100.0/24", asn(64496, "Example Hosting")]], { ipVersion });
    // Both sides of the first node lead back to it.
    bytes.fill(0, 0, 6);
    assert.equal(survives(bytes), false);
  }
});
