import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSuite } from "../../../src/workbench/scenario/read-suite.ts";
import { updated } from "../../../src/workbench/scenario/update.ts";
import { failuresOf, run } from "../../support/scenario.ts";

const BEFORE = `# What it says of curl.
given: &curl   { event.category: network, process.name: curl,
                 host.id: h1, process.executable: /bin/curl }
tests:
  - name: "one"    # the only one
    at:
      - 0s: { send: *curl }     # the first
      - 1d: {send: *curl, expect:   {new: [h1, /bin/curl]}  } # wrong
      - 2d: { send: *curl, expect: known }
      # a comment of its own
      - 2d:
          send: *curl # with a remark

      - 3d:
          send:
            <<: *curl
            process.name: cat
          expect:
            unmatched: user.name
            # after it
      - 30d: { expect: known, send: { <<: *curl, host.id: [h1, "h, 2"] } }
      - 31d: { send: { <<: *curl, host.id: ~ }, expect: { count: 2 } }
      - 31d: { send: "{ no", expect: { count: 2 } }
      - 39d: { send: *curl, expect: learned }
      - 39d: { send: {}, expect: unmatched }
`;

const AFTER = `# What it says of curl.
given: &curl   { event.category: network, process.name: curl,
                 host.id: h1, process.executable: /bin/curl }
tests:
  - name: "one"    # the only one
    at:
      - 0s: { send: *curl, expect: { new: [h1, /bin/curl] } }     # the first
      - 1d: {send: *curl, expect:   known  } # wrong
      - 2d: { send: *curl, expect: known }
      # a comment of its own
      - 2d:
          send: *curl # with a remark
          expect: known

      - 3d:
          send:
            <<: *curl
            process.name: cat
          expect:
            { unmatched: process.name }
            # after it
      - 30d: { expect: { new: [["h, 2", /bin/curl], [h1, /bin/curl]] }, send: { <<: *curl, host.id: [h1, "h, 2"] } }
      - 31d: { send: { <<: *curl, host.id: ~ }, expect: without-terms }
      - 31d: { send: "{ no", expect: { count: 2 } }
      - 39d: { send: *curl, expect: learned }
      - 39d: { send: {}, expect: unmatched }
`;

async function update(text: string): Promise<string> {
  return updated(readSuite("x.test.yaml", text), await run(text)).text;
}

describe("an update", () => {
  test("writes what came, keeps every other character, and then all is as expected", async () => {
    const after = await update(BEFORE);
    const expected = AFTER.replace("without-terms", "{ without-terms: host.id }")
      .replace('"{ no", expect: { count: 2 }', '"{ no", expect: quarantined')
      .replace("expect: learned", "expect: { new: [h1, /bin/curl], previous: 30d }");
    assert.equal(after, expected);
    assert.deepEqual(await failuresOf(after), []);
    assert.equal(await update(after), after);
  });

  test("of a repeated step writes how many findings, where its times came to different things", async () => {
    const text = (expect: string) => `tests:
  - name: one
    repeat: { times: 3 }
    at:
      - 0s: { send: { event.category: network, process.name: curl, host.id: h, process.executable: x }, expect: ${expect} }
`;
    assert.equal(await update(text("known")), text("{ count: 1 }"));
  });

  test("of a shared expectation writes nothing, where its steps came to different things", async () => {
    const text = `given: &curl { event.category: network, process.name: curl, host.id: h1, process.executable: /bin/curl }
tests:
  - { name: one, at: [{ 0s: &step { send: *curl, expect: learned } }, { 1s: *step }] }
`;
    assert.equal(await update(text), text);
  });
});
