import assert from "node:assert/strict";
import { test } from "node:test";
import { closingBody } from "../../src/finding/closing.ts";
import { inert } from "../../src/finding/inert.ts";
import { attributesOf } from "../../src/finding/publisher.ts";
import { findingSchema } from "../../src/finding/schema.ts";
import { openFinding, sealFinding } from "../../src/finding/seal.ts";
import { memberOf } from "../../src/history/suppression.ts";
import { WINDOW_MEMBERS } from "../../src/history/suppression-window.ts";
import type { Rule } from "../../src/rule/rule.ts";
import { someRule } from "../support/rules.ts";

const T0 = Date.parse("2026-05-25T10:00:00Z");
const [OPENER, ID] = ["0".repeat(32), "c".repeat(32)];
const GROUP = [{ field: "host.name", value: ["web-1"] }];
/** SNS's limit of a message, which its attributes share. */
const MESSAGE_LIMIT = 256 * 1024 - 2048;

function firstBody(rule: Partial<Rule> = {}, suppressedBy: typeof GROUP = GROUP): string {
  return openFinding(
    sealFinding({
      ...{ rule: someRule(rule), triggerId: "e", arrival: T0, type: "finding", findingId: OPENER, now: T0 },
      event: { event: { id: "e", kind: "event" }, host: { name: "web-1" }, "kibana.alert.uuid": "forged" },
      terms: [{ tag: "keyword", text: "/bin/a", value: "/bin/a" }],
      ...{ firstSeen: T0, previousSeen: undefined, suppressedBy, historySince: T0 - 1000 },
    }),
  );
}

const idOf = (index: number) => index.toString(16).padStart(32, "0");
const closed = (members: readonly string[]) => ({ opener: OPENER, end: T0 + 60_000, members });
const parsed = (body: string) => JSON.parse(body) as Record<string, unknown>;

test("a first finding says what it is suppressed by, and counts none", () => {
  assert.partialDeepStrictEqual(parsed(firstBody()), {
    "kibana.alert.suppression.terms": GROUP,
    "kibana.alert.suppression.start": "2026-05-25T10:00:00.000Z",
    "kibana.alert.suppression.end": "2026-05-25T10:00:00.000Z",
    "kibana.alert.suppression.docs_count": 0,
  });
});

test("a closing message lists what was suppressed in order of time, and keeps of the first what is the rule's", () => {
  const members = [memberOf(idOf(2), T0 + 2000, ["/bin/c"]), memberOf(idOf(1), T0 + 1000, ["/bin/b"])];
  const message = parsed(closingBody(firstBody({ note: "look" }), ID, closed(members)));
  assert.partialDeepStrictEqual(message, {
    "@timestamp": "2026-05-25T10:01:00.000Z",
    "kibana.alert.uuid": ID,
    "kibana.alert.rule.note": "look",
    "kibana.alert.severity": "medium",
    "kibana.alert.suppression.terms": GROUP,
    "kibana.alert.suppression.start": "2026-05-25T10:00:00.000Z",
    "kibana.alert.suppression.end": "2026-05-25T10:00:02.000Z",
    "kibana.alert.suppression.docs_count": 2,
    "new_terms_stream.type": "suppression",
    "new_terms_stream.suppressed": {
      count: 2,
      combinations: [
        { terms: ["/bin/b"], first_seen: "2026-05-25T10:00:01.000Z", finding: idOf(1) },
        { terms: ["/bin/c"], first_seen: "2026-05-25T10:00:02.000Z", finding: idOf(2) },
      ],
      start: "2026-05-25T10:00:00.000Z",
      end: "2026-05-25T10:01:00.000Z",
      of: OPENER,
    },
  });
  assert.equal(message["host"], undefined, "the event is the first finding's");
  assert.equal(message["kibana.alert.original_event.id"], undefined);
  assert.ok("new_terms_stream.why" in parsed(firstBody()) && !("new_terms_stream.why" in message));
  assert.match(
    String(message["kibana.alert.reason"]),
    /^2 more new combinations with host.name web-1 after the finding 0+,/,
  );
  assert.doesNotThrow(() => findingSchema.parse(message));
  const body = closingBody(firstBody(), ID, closed(members));
  assert.equal(body, closingBody(firstBody(), ID, closed(members.toReversed())), "the same in whatever order");
  assert.partialDeepStrictEqual(attributesOf({ findingId: ID, body }), { type: "suppression", fid: ID });
});

test("one that was seen before the first moves the start", () => {
  const message = parsed(closingBody(firstBody(), ID, closed([memberOf(idOf(1), T0 - 5000, ["x"])])));
  assert.equal(message["kibana.alert.suppression.start"], "2026-05-25T09:59:55.000Z");
  assert.equal(message["kibana.alert.suppression.end"], "2026-05-25T10:00:00.000Z");
});

test("a full window of the longest terms fits in a message, whatever stands in them and however large the rule is", () => {
  for (const evil of ["\u0000", "\u{1f600}", '"', "\ud800"]) {
    const terms = [evil.repeat(400), evil.repeat(400), evil.repeat(400)];
    const members = Array.from({ length: WINDOW_MEMBERS + 99 }, (_, index) => memberOf(idOf(index), T0, terms));
    assert.ok(members.every((member) => Buffer.byteLength(member) < 320));
    for (const rule of [
      {},
      { note: "n".repeat(100_000), setup: "s".repeat(60_000), description: "d".repeat(20_000) },
    ]) {
      const body = closingBody(
        firstBody(rule, [{ field: "host.name", value: [evil.repeat(300)] }]),
        ID,
        closed(members),
      );
      assert.ok(
        Buffer.byteLength(body) <= MESSAGE_LIMIT,
        `${Buffer.byteLength(body)} bytes of ${JSON.stringify(evil)}`,
      );
      const message = parsed(body);
      assert.equal((message["new_terms_stream.suppressed"] as { combinations: unknown[] }).combinations.length, 299);
      assert.doesNotThrow(() => findingSchema.parse(message));
      if (rule.note !== undefined) assert.match(String(message["new_terms_stream.truncated"]), /note/);
      const reason = String(message["kibana.alert.reason"]);
      assert.equal(reason, inert(reason));
    }
  }
});
