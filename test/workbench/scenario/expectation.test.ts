import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cloudWatchLogs } from "../../../src/local/sample-stream.ts";
import type { Rule } from "../../../src/rule/rule.ts";
import { failuresOf, run, testFile } from "../../support/scenario.ts";

const NEW = "new: [h1, /bin/curl]";

const HOLD: readonly (readonly [string, string, Partial<Rule>?])[] = [
  ["a finding by its terms", `- 0s: { send: *curl, expect: { ${NEW} } }`],
  ["a finding of something never seen", `- 0s: { send: *curl, expect: { ${NEW}, previous: never } }`],
  ["known", `- 0s: { send: *curl, expect: { ${NEW} } }\n- 7d: { send: *curl, expect: known }`],
  [
    "new again, longer than the window after",
    `- 0s: { send: *curl, expect: { ${NEW} } }\n- 7d1s: { send: *curl, expect: { ${NEW}, previous: 0s } }`,
  ],
  [
    "new again, so long after that the history has forgotten",
    `- 0s: { send: *curl, expect: { ${NEW} } }\n- 60d: { send: *curl, expect: { ${NEW}, previous: never } }`,
  ],
  [
    "times of day",
    `- 2026-01-01T00:00Z: { send: *curl, expect: { ${NEW} } }
- 2026-01-02T01:00:00+01:00: { send: *curl, expect: known }
- 9d: { send: *curl, expect: { ${NEW}, previous: 2026-01-02T00:00:00Z } }`,
  ],
  [
    "several findings of one event, in any order",
    `- 0s: { send: { <<: *curl, host.id: [h1, h2] }, expect: { new: [[h2, /bin/curl], [h1, /bin/curl]] } }`,
  ],
  [
    "one combination of an event new and another known",
    `- 0s: { send: *curl, expect: { ${NEW} } }
- 1s: { send: { <<: *curl, host.id: [h1, h2] }, expect: { new: [h2, /bin/curl] } }`,
  ],
  [
    "suppressed, until the window is over",
    `- 0s: { send: *curl, expect: { ${NEW} } }
- 1m: { send: { <<: *curl, process.executable: /b }, expect: suppressed }
- 2m: { send: { <<: *curl, process.executable: /b }, expect: known }
- 6m: { send: { <<: *curl, process.executable: [/c, /d] }, expect: { new: [h1, /c] } }`,
    { alert_suppression: { group_by: ["host.id"], missing_fields_strategy: "suppress" } },
  ],
  ["unmatched", "- 0s: { send: { <<: *curl, process.name: cat }, expect: unmatched }"],
  ["the field in the way", "- 0s: { send: { <<: *curl, process.name: cat }, expect: { unmatched: process.name } }"],
  ["the field within a not", "- 0s: { send: { <<: *curl, user.name: root }, expect: { unmatched: user.name } }"],
  [
    "the first of several in the way",
    "- 0s: { send: { event.category: file, process.name: cat }, expect: { unmatched: event.category } }",
  ],
  [
    "the rule's index in the way",
    "- 0s: { send: { <<: *curl, data_stream: { type: logs, dataset: dns } }, expect: { unmatched: data_stream.dataset } }",
    { index: ["logs-endpoint*"] },
  ],
  [
    "a filter in the way",
    "- 0s: { send: *curl, expect: { unmatched: file.path } }",
    { filters: [{ meta: {}, query: { exists: { field: "file.path" } } }] },
  ],
  ["an empty object", "- 0s: { send: {}, expect: { unmatched: event.category } }"],
  ["without terms", "- 0s: { send: { <<: *curl, host.id: null }, expect: without-terms }"],
  ["the field without terms", "- 0s: { send: { <<: *curl, host.id: [] }, expect: { without-terms: host.id } }"],
  ["quarantined", '- 0s: { send: "{ no json", expect: quarantined }'],
  ["no finding", "- 0s: { send: {}, expect: { count: 0 } }"],
  ["numbers as they are written", "- 0s: { send: { <<: *curl, host.id: 1.0 }, expect: { new: [1.0, /bin/curl] } }"],
  [
    "64-bit numbers",
    "- 0s: { send: { <<: *curl, host.id: 9223372036854775807 }, expect: { new: [9223372036854775807, /bin/curl] } }",
  ],
  [
    "levels and dotted keys in one",
    "- 0s: { send: { <<: *curl, process: { executable: /x }, host: { id: h9 } }, expect: { new: [h9, /x] } }",
  ],
];

describe("an expectation that is met:", () => {
  for (const [name, timeline, facts] of HOLD) {
    test(name, async () => assert.deepEqual(await failuresOf(testFile(timeline), facts), []));
  }
  test("learned, until the end of learning", async () => {
    const timeline = `- 0s: { send: *curl, expect: learned }
- 6d23h: { send: { <<: *curl, host.id: h2 }, expect: learned }
- 6d23h: { send: { <<: *curl, host.id: [h1, h4] }, expect: learned }
- 7d: { send: { <<: *curl, host.id: h3 }, expect: { new: [h3, /bin/curl] } }
- 7d: { send: *curl, expect: known }`;
    assert.deepEqual(await failuresOf(testFile(timeline, "learn: 7d")), []);
  });
  test("by each of a repeated step, with its own number", async () => {
    const timeline = `- 0s: { send: *curl, expect: { new: ["h{{n}}", /bin/curl] } }
- 1s: { send: *curl, expect: known }
- 2s: { send: *curl, expect: { count: 0 } }`;
    assert.deepEqual(await failuresOf(testFile(timeline, 'repeat: { times: 3, vary: { host.id: "h{{n}}" } }')), []);
    const list = 'repeat: { vary: { host: { id: no }, host.id: "h{{n}}", process.name: [curl, wget, curl] } }';
    await assert.rejects(failuresOf(testFile(timeline, list)), /the values of vary are a list, or a text/);
    const vary = 'repeat: { vary: { host.id: "h{{n}}", process.name: [curl, wget, curl] } }';
    assert.deepEqual(await failuresOf(testFile(timeline, vary)), []);
  });
  test("of a rule with one field, by its term alone", async () => {
    const new_terms = {
      field: "new_terms_fields" as const,
      value: ["host.id"],
      history_window_start: [{ field: "history_window_start" as const, value: "now-7d" }] as never,
    };
    const file = testFile("- 0s: { send: *curl, expect: { new: h1 } }");
    assert.deepEqual(await failuresOf(file, { new_terms }), []);
  });
});

const FAIL: readonly (readonly [string, string, string, Partial<Rule>?])[] = [
  [
    "a finding that nobody expects",
    "- 0s: { send: *curl, expect: known }",
    "5:36 expected known, got new [h1, /bin/curl]",
  ],
  [
    "other terms",
    "- 0s: { send: *curl, expect: { new: [h2, /bin/curl] } }",
    "5:36 expected new [h2, /bin/curl], got new [h1, /bin/curl]",
  ],
  [
    "one finding more than expected",
    "- 0s: { send: { <<: *curl, host.id: [h1, h2] }, expect: { new: [h1, /bin/curl] } }",
    "5:63 expected new [h1, /bin/curl], got new [h1, /bin/curl] [h2, /bin/curl]",
  ],
  [
    "another previous sighting",
    `- 0s: { send: *curl, expect: { ${NEW} } }\n- 8d: { send: *curl, expect: { ${NEW}, previous: 1d } }`,
    "6:36 expected new [h1, /bin/curl], previously 1d, got new [h1, /bin/curl], previously 0s",
  ],
  [
    "a previous sighting where there should be none",
    `- 0s: { send: *curl, expect: { ${NEW} } }\n- 8d: { send: *curl, expect: { ${NEW}, previous: never } }`,
    "6:36 expected new [h1, /bin/curl], previously never, got new [h1, /bin/curl], previously 0s",
  ],
  [
    "silence for another reason",
    "- 0s: { send: { <<: *curl, process.name: cat }, expect: known }",
    "5:63 expected known, got unmatched, by process.name",
  ],
  [
    "another clause in the way",
    "- 0s: { send: { <<: *curl, process.name: cat }, expect: { unmatched: user.name } }",
    "5:63 expected unmatched, by user.name, got unmatched, by process.name",
  ],
  [
    "a match where there should be none",
    "- 0s: { send: *curl, expect: unmatched }",
    "5:36 expected unmatched, got new [h1, /bin/curl]",
  ],
  [
    "another field without terms",
    "- 0s: { send: { <<: *curl, process.executable: null }, expect: { without-terms: host.id } }",
    "5:70 expected without terms, for want of host.id, got without terms, for want of process.executable",
  ],
  [
    "terms where there should be none",
    "- 0s: { send: *curl, expect: without-terms }",
    "5:36 expected without terms, got new [h1, /bin/curl]",
  ],
  ["learning that is none", "- 0s: { send: *curl, expect: learned }", "5:36 expected learned, got new [h1, /bin/curl]"],
  [
    "an event that reads well",
    "- 0s: { send: *curl, expect: quarantined }",
    "5:36 expected quarantined, got new [h1, /bin/curl]",
  ],
  ["bytes that do not", "- 0s: { send: oops, expect: unmatched }", "5:35 expected unmatched, got quarantined"],
  ["another count", "- 0s: { send: *curl, expect: { count: 2 } }", "5:36 expected 2 findings, got 1 finding"],
  [
    "nothing expected",
    "- 0s: { send: *curl }",
    "5:9 expected nothing: expect is missing, and --update writes it, got new [h1, /bin/curl]",
  ],
  [
    "a text that holds several events",
    `- 0s: { send: '{"a":1}\n\n        {"event":{"category":"network"},"process":{"name":"curl"}}', expect: unmatched }`,
    "7:84 expected unmatched, got several things at once, 0 findings among them",
  ],
];

describe("an expectation that is not met says where, what was expected and what came:", () => {
  for (const [name, timeline, failure, facts] of FAIL) {
    test(name, async () => assert.deepEqual(await failuresOf(testFile(timeline), facts), [failure]));
  }
  test("of a repeated step, how often and which first", async () => {
    const timeline = "- 0s: { send: *curl, expect: { new: [h1, /bin/curl] } }";
    assert.deepEqual(await failuresOf(testFile(timeline, "repeat: { times: 3 }")), [
      "6:36 expected new [h1, /bin/curl], got known (2 of 3 times, first with n = 2)",
    ]);
  });
  test("and why, with the clause's place in the rule", async () => {
    // The escape has the record read; its message has none.
    const envelope = cloudWatchLogs(["{ é }"], "log").replace("é", "\\u00e9");
    const timeline = `- 0s: { send: *curl, expect: learned }
- 1d: { send: *curl, expect: learned }
- 1d: { send: { <<: *curl, user.name: root }, expect: learned }
- 1d: { send: { <<: *curl, host.id: null }, expect: learned }
- 1d: { send: "{ x", expect: learned }
- 1d: { send: "{ x }", expect: learned }
- 1d: { send: '${envelope}', expect: learned }
- 1d: { send: "[]", expect: learned }`;
    const { tests } = await run(testFile(timeline));
    assert.deepEqual(
      tests[0]?.failures.map(({ why }) => why),
      [
        "[h1, /bin/curl] is not in the history",
        "[h1, /bin/curl] was last seen at 0s, within the window of 7d",
        "in the way: not user.name:root",
        "it has no value in host.id",
        "put away: not_json",
        "passed over unread: it holds nothing that the rule could match",
        "passed over unread: it holds nothing that the rule could match",
        "there is no event in it",
      ],
    );
    assert.deepEqual(tests[0]?.failures[2]?.rule, { path: "some-rule.toml", line: 2, column: 42 });
  });
});
