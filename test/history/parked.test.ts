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
    ruleVersion: "1",
    preview: [odd, "/bin/x"],
  };
  const message = parkedMessage(sighting, sealed);
  assert.ok(!message.includes("\uffff") && !message.includes("\ufffe") && message.isWellFormed());
  const { outbox, ...parked } = readParked(message);
  assert.deepEqual([...outbox], [1, 2, 3]);
  const { outbox: _, ...rest } = sealed;
  assert.deepEqual(parked, { key: "k", first: 5, last: 9, windowMs: 1000, triggerId: odd, ...rest });
});
