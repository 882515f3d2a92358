import assert from "node:assert/strict";
import { test } from "node:test";
import { parkedMessage, readParked } from "../../src/history/parked.ts";
import { chainSightings } from "../../src/history/sighting.ts";

test("a parked sighting comes out as it went in, and its message holds nothing that a queue refuses", () => {
  const odd = "\uffff\ufffe\ud800\u0000é\u{1f600}";
  const observation = { key: "k", at: 5, triggerId: odd, windowMs: 1000, count: 1, source: undefined };
  const [[sighting] = []] = chainSightings([observation, { ...observation, at: 9 }]);
  assert.ok(sighting !== undefined);
  const sealed = {
    findingId: "f",
    outbox: new Uint8Array([1, 2, 3]),
    ruleId: "r",
    preview: [odd, "/bin/x"],
  };
  const terms = [{ field: "host.id", text: odd, counter: "count#a" }];
  const message = parkedMessage(sighting, sealed, "start#s", terms);
  assert.ok(!message.includes("\uffff") && !message.includes("\ufffe") && message.isWellFormed());
  const { outbox, ...parked } = readParked(message);
  assert.deepEqual([...outbox], [1, 2, 3]);
  const { outbox: _, ...rest } = sealed;
  assert.deepEqual(parked, {
    key: "k",
    first: 5,
    last: 9,
    windowMs: 1000,
    triggerId: odd,
    ...rest,
    startKey: "start#s",
    terms,
  });
});

test("a parked sighting keeps what it is suppressed by", () => {
  const observation = { key: "k", at: 5, triggerId: "t", windowMs: 1000, count: 1, source: undefined };
  const [[sighting] = []] = chainSightings([observation]);
  assert.ok(sighting !== undefined);
  const suppression = { group: "s1#g", durationMs: 7, member: '["f",5,"a"]' };
  const sealed = { findingId: "f", outbox: new Uint8Array(), ruleId: "r", preview: [], suppression };
  const parked = readParked(parkedMessage(sighting, sealed, "start#s", []));
  assert.deepEqual([parked.suppression, parked.startKey, parked.terms], [suppression, "start#s", undefined]);
});

test("a message of the version before is read as it was meant", () => {
  const sent =
    '{"version":1,"key":"k","first":5,"last":9,"windowMs":1000,"triggerId":"t","findingId":"f","ruleId":"r",' +
    '"ruleVersion":"2026/01/01","preview":["h1"],"outbox":"H4sI"}';
  const { outbox, ...parked } = readParked(sent);
  assert.deepEqual([...outbox], [0x1f, 0x8b, 0x08]);
  assert.deepEqual(parked, {
    key: "k",
    first: 5,
    last: 9,
    windowMs: 1000,
    triggerId: "t",
    findingId: "f",
    ruleId: "r",
    preview: ["h1"],
  });
});

test("nothing else is a message", () => {
  for (const text of ["", "{}", "null", "7", '{"version":3}', '{"v":1}', '{"version":1}', '{"v":2,"k":"k"}']) {
    assert.throws(() => readParked(text), Error, text);
  }
});

test("a message whose key, id or time is none cannot be read: what it is decided with would be refused for it", () => {
  const sound = {
    ...{ v: 2, k: "k", f: 5, l: 4, w: 1000, t: "t", i: "f", r: "r", p: [], o: "", s: "start#s" },
    ...{ u: ["s1#g", 7, "m"], c: [["host.id", "h1", "count#a"]] },
  };
  readParked(JSON.stringify(sound));
  const long = "k".repeat(3000);
  for (const wrong of [
    ...["", long].flatMap((key) => [
      { k: key },
      { i: key },
      { s: key },
      { c: [["f", "t", key]] },
      { u: [key, 7, "m"] },
    ]),
    ...[{ f: 1e308 }, { f: -1e308 }, { l: -1 }, { w: -1 }, { u: ["s1#g", -1, "m"] }],
  ]) {
    assert.throws(() => readParked(JSON.stringify({ ...sound, ...wrong })), JSON.stringify(wrong).slice(0, 50));
  }
  const before = {
    first: 5,
    last: 9,
    windowMs: 1,
    triggerId: "t",
    findingId: "f",
    ruleId: "r",
    preview: [],
    outbox: "",
  };
  assert.throws(() => readParked(JSON.stringify({ version: 1, ...before, key: "" })));
});
