import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ruleSet } from "../../../src/detect/rule-set.ts";
import type { Detector } from "../../../src/rule/detector.ts";
import { readSuite } from "../../../src/workbench/scenario/read-suite.ts";
import { playShuffled } from "../../../src/workbench/scenario/shuffle.ts";
import { someDetector } from "../../support/rules.ts";
import { failuresOf, QUERY, run, testFile } from "../../support/scenario.ts";

const HOSTS = `- 0s: { send: *curl, expect: { new: [h1, /bin/curl] } }
- 0s: { send: { <<: *curl, host.id: h2 }, expect: { new: [h2, /bin/curl] } }`;

describe("a shuffled test", () => {
  test("passes where order and batches make no difference, over weeks", async () => {
    const timeline = `- 0s: { send: *curl, expect: { count: 10 } }
- 1d: { send: *curl, expect: known }
- 5d: { send: { <<: *curl, process.executable: /bin/wget }, expect: { count: 10 } }
- 9d: { send: *curl, expect: { count: 10 } }
- 40d: { send: *curl, expect: { count: 10 } }`;
    const more = 'shuffle: true\n    repeat: { times: 10, vary: { host.id: "h{{n}}" } }';
    assert.deepEqual(await failuresOf(testFile(timeline, more)), []);
  });

  test("passes where one of several may be the first, and while learning", async () => {
    const timeline = `- 0s: { send: *curl, expect: learned }
- 1d: { send: { <<: *curl, host.id: h2 }, expect: { count: 1 } }
- 1d: { send: *curl, expect: known }`;
    const more = 'shuffle: true\n    learn: 1d\n    repeat: { times: 1, vary: { process.command_line: "{{n}}" } }';
    assert.deepEqual(await failuresOf(testFile(timeline, more)), []);
  });

  test("fails where they do, with the seed and the order that show it", async () => {
    const sound = someDetector({ query: QUERY });
    let asked = 0;
    // A rule that remembers: of two hosts it takes the one that comes first.
    const detector: Detector = { ...sound, matches: (event, at) => ++asked % 2 === 1 && sound.matches(event, at) };
    const [scenario] = readSuite("x.test.yaml", testFile(HOSTS, "shuffle: true")).tests;
    assert.ok(scenario);
    const played = { detector, rules: ruleSet([detector]), findCulprit: () => undefined, findMissing: () => [] };
    const difference = await playShuffled(scenario, played, 1);
    assert.deepEqual(difference, {
      order: difference?.order,
      expected: "1 of 0s [h1, /bin/curl]",
      actual: "0 of 0s [h1, /bin/curl]",
    });
    assert.equal(await playShuffled(scenario, { ...played, rules: ruleSet([sound]) }, 1), undefined);
  });

  test("fails where the expectations of its own order do", async () => {
    assert.deepEqual(await failuresOf(testFile(HOSTS.replace("[h2,", "[h3,"), "shuffle: true")), [
      "7:57 expected new [h3, /bin/curl], got new [h2, /bin/curl]",
    ]);
  });

  test("is the same for the same seed", async () => {
    const file = testFile(
      "- 0s: { send: *curl, expect: { count: 3 } }",
      'shuffle: true\n    repeat: { times: 3, vary: { host.id: "{{n}}" } }',
    );
    assert.deepEqual(await run(file, {}, 7), await run(file, {}, 7));
  });
});
