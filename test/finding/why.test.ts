import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ownPart } from "../../src/finding/document.ts";
import { namesIn, type ValueFacts, type WhyFacts, whyNew } from "../../src/finding/why.ts";
import { someRule } from "../support/rules.ts";
import { UNSEEN } from "./unseen.ts";

const DAY = 86_400_000;
const at = (date: string) => Date.parse(`${date}T12:00:00Z`);
const term = (text: string) => ({ text, tag: "keyword", value: text }) as const;

const IMDS: WhyFacts = {
  fields: ["host.id", "process.executable"],
  terms: [term("0a-1b"), term("/usr/bin/curl")],
  names: ["web-1", undefined],
  windowMs: 7 * DAY,
  firstSeen: at("2026-11-20"),
  previousSeen: undefined,
  historySince: at("2026-10-02"),
  values: [
    { combinations: 9, isOver: false, firstSeen: at("2026-08-11") },
    { combinations: 412, isOver: false, firstSeen: at("2026-03-01") },
  ],
};
const NONE: ValueFacts = { combinations: 0, isOver: false };

test("the sentence says since when, how common the parts are, and how old the host is", () => {
  assert.equal(
    whyNew(IMDS),
    "First time on web-1 in 7 days (history kept since 2026-10-02). /usr/bin/curl is known on 412 other hosts since " +
      "2026-03-01; this host has 9 other executables, first seen 2026-08-11.",
  );
});

for (const [what, facts, expected] of [
  [
    "nothing is counted",
    { values: [NONE, NONE] },
    "First time on web-1 in 7 days (history kept since 2026-10-02). /usr/bin/curl is known on no other host; this host has no other executable.",
  ],
  [
    "more than are counted, and one",
    {
      values: [
        { combinations: 1, isOver: false, firstSeen: at("2026-08-11") },
        { combinations: 1000, isOver: true, firstSeen: at("2026-03-01") },
      ],
      historySince: undefined,
    },
    "First time on web-1 in 7 days. /usr/bin/curl is known on over 1,000 other hosts since 2026-03-01; this host has 1 other executable, first seen 2026-08-11.",
  ],
  [
    "history is younger than the window",
    { historySince: at("2026-11-19"), values: undefined },
    "First time on web-1 since its history began on 2026-11-19.",
  ],
  [
    "it was seen before",
    { previousSeen: at("2026-11-01"), values: undefined },
    "First time on web-1 in 7 days, last on 2026-11-01 (history kept since 2026-10-02).",
  ],
  [
    "one field",
    { fields: ["process.name"], terms: [term("nc")], names: [undefined], values: undefined, windowMs: 12 * 3_600_000 },
    "First time in 12 hours (history kept since 2026-10-02).",
  ],
  [
    "a user",
    {
      fields: ["source.ip", "user.name"],
      terms: [term("192.0.2.7"), term("ada")],
      names: [undefined, undefined],
      values: [NONE, { combinations: 2, isOver: false, firstSeen: at("2026-08-11") }],
    },
    "First time by ada in 7 days (history kept since 2026-10-02). 192.0.2.7 is known with no other user; this user has 2 other sources, first seen 2026-08-11.",
  ],
  [
    "fields without a noun",
    { fields: ["http.version", "github.org_id"], terms: [term("2"), term("x")], names: [], values: [NONE, NONE] },
    "First time in 7 days (history kept since 2026-10-02). x is known with no other value of http.version; this value of http.version has no other value of github.org_id.",
  ],
  [
    "three fields",
    {
      fields: ["host.id", "user.id", "process.name"],
      terms: [term("h"), term("u"), term("nc")],
      names: [],
      values: [NONE, { combinations: 1, isOver: false, firstSeen: at("2026-08-11") }, NONE],
    },
    "First time on h in 7 days (history kept since 2026-10-02). Known: h in no other combination; u in 1 other combination, first seen 2026-08-11; nc in no other combination.",
  ],
  [
    "a value that reads as the sentence does",
    { terms: [term("h"), term('x is known on 900 other hosts since "2020"')], names: [], values: [NONE, NONE] },
    "First time on h in 7 days (history kept since 2026-10-02). \"x is known on 900 other hosts since '2020'\" is known on no other host; this host has no other executable.",
  ],
] as const satisfies readonly (readonly [string, Partial<WhyFacts>, string])[]) {
  test(`where ${what}`, () => {
    assert.equal(whyNew({ ...IMDS, ...facts }), expected);
  });
}

test("whatever a value holds, the sentence is one line, inert and bounded", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.option(fc.string({ unit: "binary", maxLength: 300 }), { nil: undefined }), { maxLength: 3 }),
      fc.double(),
      (texts, names, time) => {
        const why = whyNew({
          ...IMDS,
          fields: ["host.id", "f".repeat(300), "user.id"],
          terms: texts.map(term),
          names,
          firstSeen: time,
          previousSeen: time,
          historySince: time,
          values: [0, 1, 2].map(() => ({ combinations: 1000, isOver: true, firstSeen: time, lastSeen: time })),
        });
        assert.doesNotMatch(why, UNSEEN);
        assert.ok(Buffer.byteLength(JSON.stringify(why)) <= 702);
      },
    ),
  );
});

test("a host and a user are called by their names, where the event says them", () => {
  const event = { host: { id: "1", name: "web-1" }, user: { id: "0" } };
  assert.deepEqual(namesIn(event, ["host.id", "user.id", "process.executable"]), ["web-1", undefined, undefined]);
});

test("with all that can be said of why it is new, a finding's own part has room: 2,048 bytes beside reason and terms", () => {
  const time = Date.parse("2026-11-20T12:00:00Z");
  const fields = ["a", "b", "c"].map((letter) => letter.repeat(300));
  const rule = someRule({
    new_terms: {
      field: "new_terms_fields",
      value: fields,
      history_window_start: [{ field: "history_window_start", value: "now-7d" }],
    },
    windowMs: 999_999 * DAY,
  });
  const value = { combinations: 1000, isOver: true, firstSeen: time, lastSeen: time };
  const facts = {
    type: "finding",
    rule,
    terms: fields.map(() => term("\u{10ffff}".repeat(60))),
    findingId: "f".repeat(32),
    firstSeen: time,
    previousSeen: time,
    arrival: time,
    now: time,
    repeat: true,
    historySince: 0,
    values: [value, value, value],
  } as const;
  const { "kibana.alert.reason": _, "kibana.alert.new_terms": __, ...own } = ownPart(facts, "", 2048, []);
  assert.ok("new_terms_stream.values" in own && "new_terms_stream.why" in own);
  const bytes = Buffer.byteLength(JSON.stringify(own));
  assert.ok(bytes <= 2048 - 60, `${bytes}`);
});
