import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatAddress, ip, parseAddress } from "../../src/ecs/ip.ts";

test("IPv4-mapped IPv6 is the IPv4 address", () => {
  assert.equal(parseAddress("::ffff:169.254.169.254"), parseAddress("169.254.169.254"));
  assert.equal(parseAddress("::FFFF:a9fe:a9fe"), parseAddress("169.254.169.254"));
});

test("what is no address is none: short forms, leading zeros, blanks, hexadecimal", () => {
  for (const text of [
    "",
    "10.1",
    "010.0.0.1",
    " 10.0.0.1",
    "10.0.0.1 ",
    "0x7f.1.1.1",
    "256.1.1.1",
    "1.2.3.4.5",
    "2130706433",
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
  for (const text of [
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "g::",
    "::1.2.3",
    "1.2.3.4::",
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test("a scope is ignored", () => assert.equal(parseAddress("fe80::1%eth0"), parseAddress("fe80::1")));

test("text is RFC 5952: the longest run of zeros shortened, lower case", () => {
  for (const [text, expected] of [
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["fe80:0:1:0:1:0:1:0", "fe80:0:1:0:1:0:1:0"],
  ] as const) {
    assert.equal(formatAddress(parseAddress(text) ?? 0), expected);
  }
});

test("an address and its text are one, for every address", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseAddress(text);
      assert.notEqual(address, undefined, text);
      assert.equal(parseAddress(formatAddress(address ?? 0)), address);
    }),
  );
});

test("agrees with Node on what an address is, for near-addresses", () => {
  const near = fc.stringMatching(/^[0-9a-f:.]{0,20}$/);
  fc.assert(
    fc.property(near, (text) => assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0, text)),
    { numRuns: 3000 },
  );
});

test("0.0.0.0/0 is all of IPv4 and no IPv6, ::/0 is everything", () => {
  const [v4, all] = [ip().terms(["0.0.0.0/0"]), ip().terms(["::/0"])];
  assert.deepEqual([v4("203.0.113.9"), v4("2001:db8::1")], [true, false]);
  assert.deepEqual([all("203.0.113.9"), all("2001:db8::1")], [true, true]);
});

test("a block, an address and a range that make no sense are refused", () => {
  for (const literal of ["10.0.0.0/33", "::/129", "10.0.0.0/", "::ffff:10.0.0.0/104", "10.0.0/8", "x"]) {
    assert.throws(() => ip().terms([literal]), { name: "QueryError" }, literal);
  }
  assert.throws(() => ip().range("gt", "10.0.0.0/8"), { name: "QueryError" });
});
