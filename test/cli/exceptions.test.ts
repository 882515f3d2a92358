import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { entryToml, exceptionsToml, withFiles } from "../support/exceptions-folder.ts";
import { ruleText } from "../support/rule-text.ts";

// What each verb says of exceptions.

const RULE = ruleText("event.category:network");
const BY = `expire_time = "2099-01-01T00:00:00Z"
description = "why"
meta = { owner = "ops" }
`;
const CURL = `name = "Curl"\n${BY}${entryToml("process.name", "match", 'value = "curl"')}`;
const IDLE = `
[[exceptions.items]]
name = "Idle"
${BY}${entryToml("user.name", "wildcard", 'value = "s?c*"')}
`;
const EXCEPTIONS = exceptionsToml(CURL + IDLE);

function event(day: number, host: string, name: string): string {
  return JSON.stringify({
    "@timestamp": `2026-11-0${day}T10:00:00Z`,
    event: { category: "network" },
    host: { id: host },
    process: { name },
  });
}

const EVENTS = `${[event(1, "h1", "curl"), event(2, "h2", "wget"), event(3, "h1", "curl"), event(4, "h1", "wget")].join("\n")}\n`;
const FILES = { "rules/r.toml": RULE, "exceptions/a.toml": EXCEPTIONS, "e.ndjson": EVENTS };

async function run(folder: string, ...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command(VERBS, args, out);
  const plain = (lines: readonly string[]) => stripVTControlCharacters(lines.join("\n")).replaceAll(`${folder}/`, "");
  return { code, printed: plain(printed), warned: plain(warned) };
}

test("explain says which exception holds, clause by clause, and that the event would match without it", async () => {
  await withFiles({ ...FILES, "one.json": event(1, "h1", "curl") }, async (folder) => {
    const args = ["explain", `${folder}/one.json`, "--rules", `${folder}/rules`];
    const { code, printed } = await run(folder, ...args);
    assert.equal(code, 1);
    assert.match(printed, /^EXCEPTED {2}R\n/);
    assert.match(
      printed,
      /exception Curl \(exceptions\/a\.toml:9\) holds: it hides the event\n {2}✓ process\.name is "curl" {2}<- process\.name = "curl"\nexception Idle \(exceptions\/a\.toml:19\) does not hold\n {2}✗ user\.name is like "s\?c\*" {2}<- user\.name = absent/,
    );
    assert.match(
      printed,
      /one change and it would match:\n +the exception Curl \(exceptions\/a\.toml:9\) must not hold/,
    );
    const { verdict, exceptions, nearest } = JSON.parse((await run(folder, ...args, "--json")).printed);
    assert.equal(verdict, "excepted");
    assert.deepEqual([exceptions.count, exceptions.held], [2, 1]);
    assert.partialDeepStrictEqual(exceptions.items[0], { name: "Curl", holds: true, expired: false, line: 9 });
    assert.deepEqual(nearest.changes, [{ kind: "exception", name: "Curl", item_id: null }]);
  });
});

test("explain says that an exception has expired at the event's time", async () => {
  const files = {
    ...FILES,
    "exceptions/a.toml": EXCEPTIONS.replace("2099", "2026"),
    "one.json": event(1, "h1", "curl"),
  };
  await withFiles(files, async (folder) => {
    const { code, printed } = await run(folder, "explain", `${folder}/one.json`, "--rules", `${folder}/rules`);
    assert.equal(code, 0);
    assert.match(
      printed,
      /exception Curl \(.*\) does not hold\n {2}✗ expired 2026-01-01T00:00:00\.000Z\n {2}✓ process\.name/,
    );
  });
});

test("replay counts by exception, and tells of those that hid nothing", async () => {
  await withFiles(FILES, async (folder) => {
    const args = ["replay", `${folder}/e.ndjson`, "--rules", `${folder}/rules`];
    for (const workers of ["0", "2"]) {
      const { printed } = await run(folder, ...args, "--workers", workers);
      assert.match(printed, /^2 findings of 1 rule/);
      assert.match(
        printed,
        /4 matches, 2 combinations\n +2 excepted, by 2 exceptions\n +2 by Curl \(.*a\.toml:9\)\n +0 by Idle \(.*a\.toml:19\)/,
      );
      assert.match(printed, /4 matches, 2 of them excepted/);
    }
    const result = JSON.parse((await run(folder, ...args, "--json")).printed);
    assert.deepEqual([result.matched, result.excepted, result.findings], [4, 2, 2]);
    assert.deepEqual(
      result.rules[0].exceptions.map(({ name, excepted }: { name: string; excepted: number }) => [name, excepted]),
      [
        ["Curl", 2],
        ["Idle", 0],
      ],
    );
  });
});

test("why says that exceptions hide matches", async () => {
  await withFiles(FILES, async (folder) => {
    const { printed } = await run(
      folder,
      "why",
      `${folder}/e.ndjson`,
      "--rules",
      `${folder}/rules`,
      "--term",
      "host.id=h1",
    );
    assert.match(printed, /2026-11-04T10:00:00\.000Z {2}NEW/);
    assert.match(printed, /exceptions of the rule hide 2 matches/);
  });
});

test("a rule that is named does not run where an exception is broken, whosever it is", async () => {
  const files = {
    ...FILES,
    "rules/s.toml": RULE.replace('rule_id = "r"', 'rule_id = "s"'),
    "exceptions/b.ndjson": "{",
  };
  await withFiles({ ...files, "one.json": event(1, "h1", "curl") }, async (folder) => {
    const args = ["--rules", `${folder}/rules`, "--rule", "s"];
    for (const verb of [
      ["explain", `${folder}/one.json`],
      ["why", `${folder}/e.ndjson`, "--term", "host.id=h1"],
    ]) {
      const { code, warned } = await run(folder, ...verb, ...args);
      assert.equal(code, 2);
      assert.match(warned, /exceptions\/b\.ndjson:1:1: the line is no JSON object/);
    }
  });
});

describe("diff says what an exception hides before it is deployed, against", () => {
  const moved =
    /2 findings before, 2 after: 0 added, 0 removed, 1 moved\n1 × {2}the exception Curl \(.*a\.toml:9\) must not hold\n {2}~ 2026-11-01 10:00Z to 2026-11-04 10:00Z {2}h1 /;
  test("another folder of exceptions", async () => {
    const files = { ...FILES, "before/b.toml": exceptionsToml(CURL.replace("curl", "nothing")) };
    await withFiles(files, async (folder) => {
      const args = ["diff", `${folder}/rules/r.toml`, `${folder}/e.ndjson`, "--against", `${folder}/before`];
      const { code, printed } = await run(folder, ...args);
      assert.equal(code, 1);
      assert.match(printed, moved);
    });
  });
  test("what is committed, in git", async () => {
    await withFiles({ ...FILES, "exceptions/lists/x.txt": "a\n" }, async (folder) => {
      rmSync(`${folder}/exceptions/a.toml`);
      const git = (...args: readonly string[]) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
          cwd: folder,
          stdio: "pipe",
        });
      git("init", "-q");
      git("add", ".");
      git("commit", "-qm", "x");
      writeFileSync(`${folder}/exceptions/a.toml`, EXCEPTIONS);
      const args = ["diff", `${folder}/rules/r.toml`, `${folder}/e.ndjson`];
      assert.match((await run(folder, ...args)).printed, moved);
      // And the other way: what a committed exception hides no more.
      git("add", ".");
      git("commit", "-qm", "y");
      rmSync(`${folder}/exceptions/a.toml`);
      assert.match(
        (await run(folder, ...args)).printed,
        /1 moved\n.*\n {2}~ 2026-11-04 10:00Z to 2026-11-01 10:00Z {2}h1 /,
      );
      const replayed = ["replay", `${folder}/e.ndjson`, "--rules", `${folder}/rules`, "--against", "HEAD"];
      assert.match((await run(folder, ...replayed)).printed, /\+1 -1 {2}R/);
      // Of a rule that is gone git has the exceptions, too.
      rmSync(`${folder}/rules/r.toml`);
      const { printed } = await run(folder, ...args);
      assert.match(printed, /^2 findings before, 0 after: .*\n2 × {2}the rule is gone\n/);
      assert.match(printed, /- 2026-11-04 10:00Z {2}h1 /);
    });
  });
});

describe("lint", () => {
  const lint = async (files: Readonly<Record<string, string>>) =>
    withFiles({ "rules/r.toml": RULE, ...files }, (folder) => run(folder, "lint", "--quiet", `${folder}/rules`));
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["says nothing of what is kept well", EXCEPTIONS, []],
    [
      "warns of what has no expiry, owner or reason",
      exceptionsToml(`name = "Curl"\n${entryToml("process.name", "match", 'value = "curl"')}`),
      [
        '9:1 the exception "Curl" has no expire_time, no owner (meta.owner, or created_by), no reason (description, or a comment)',
      ],
    ],
    [
      "warns of what has expired",
      EXCEPTIONS.replace("2099", "2026"),
      ['11:1 the exception "Curl" expired 2026-01-01T00:00:00.000Z: it hides nothing any more'],
    ],
    [
      "warns of what hides everything",
      exceptionsToml(`name = "All"\n${BY}${entryToml("event.category", "match_any", 'value = ["file", "network"]')}`),
      ['9:1 the exception "All" hides every event that the rule R matches'],
    ],
    [
      "warns of a rule that is not there",
      exceptionsToml(CURL, { ruleId: "s" }),
      ["2:13 no rule here has the rule_id s"],
    ],
    [
      "warns of a field that no mapping names",
      exceptionsToml(CURL.replace("process.name", "process.nmae")),
      [
        '14:1 no known mapping has the field process.nmae, which the exception "Curl" reads; did you mean process.name?',
      ],
    ],
  ];
  for (const [name, text, expected] of cases) {
    test(name, async () => {
      const { code, printed } = await lint({ "exceptions/a.toml": text });
      const warnings = printed.split("\n").flatMap((line) => / {9}warning {2}(.*)/.exec(line)?.[1] ?? []);
      assert.deepEqual([code, warnings], [0, expected]);
    });
  }
  test("warns of a list that no rule names", async () => {
    const line = JSON.stringify({
      list_id: "k",
      name: "i",
      description: "d",
      created_by: "x",
      expire_time: "2099-01-01",
      entries: [{ field: "a", operator: "included", type: "exists" }],
    });
    const { printed } = await lint({ "exceptions/a.ndjson": line });
    assert.match(printed, /warning {2}1:1 the exception "i" hides nothing: no rule here names its list single k/);
  });
  test("refuses a broken one, and the rule that has it, each at its own place", async () => {
    const { code, printed } = await lint({ "exceptions/a.toml": EXCEPTIONS.replace("process.name", "process.pid") });
    assert.equal(code, 1);
    assert.match(
      printed,
      /refused {2}rules\/r\.toml:4:1: an exception of the rule cannot be applied: exceptions\/a\.toml:14:1/,
    );
    assert.match(printed, /refused {2}exceptions\/a\.toml:14:1: the exception "Curl": "curl" is not a number/);
    assert.match(printed, /0 ok, 2 refused/);
  });
  test("lists exceptions apart from rules in JSON, and with them in SARIF", async () => {
    await withFiles(FILES, async (folder) => {
      const of = async (format: string) =>
        JSON.parse((await run(folder, "lint", "--format", format, `${folder}/rules`)).printed);
      const { rules, exceptions, totals } = await of("json");
      assert.deepEqual(
        [rules.length, exceptions, totals.ok],
        [1, [{ path: "exceptions/a.toml", status: "ok", problems: [] }], 2],
      );
      assert.equal((await of("sarif")).runs[0].results.length, 0);
    });
  });
});

test("a test of a rule expects that an exception hides an event, and which", async () => {
  const suite = (expect: string) => `given: &curl { event.category: network, host.id: h1, process.name: curl }
tests:
  - name: one
    at:
      - 0s: { send: *curl, expect: ${expect} }
      - 1s: { send: { <<: *curl, process.name: wget }, expect: { new: [h1] } }
`;
  const play = (expect: string) =>
    withFiles({ ...FILES, "rules/r.test.yaml": suite(expect) }, async (folder) => {
      const played = await run(folder, "test", `${folder}/rules`, "--update");
      return { ...played, text: readFileSync(`${folder}/rules/r.test.yaml`, "utf8") };
    });
  for (const fine of ["excepted", "{ excepted: Curl }", "{ count: 0 }"]) assert.equal((await play(fine)).code, 0, fine);
  const { printed, text } = await play("{ excepted: Idle }");
  assert.match(text, /expect: \{ excepted: Curl \}/);
  assert.match((await play("known")).text, /expect: \{ excepted: Curl \}/);
  assert.doesNotMatch(printed, /✖/);
});

describe("except", () => {
  const KEPT = ["--until", "2099-01-31", "--owner", "ops", "--reason", 'INC "7"'];
  const without = { "rules/r.toml": RULE, "e.ndjson": EVENTS };
  const findingOf = async (folder: string) =>
    (await run(folder, "replay", "--ndjson", `${folder}/e.ndjson`, "--rules", `${folder}/rules`)).printed.split(
      "\n",
    )[0] ?? "";

  test("writes the combination of a finding, from a file or by the id of a replay's, and says what it hides", async () => {
    await withFiles(without, async (folder) => {
      const finding = await findingOf(folder);
      writeFileSync(`${folder}/sns.json`, JSON.stringify({ Type: "Notification", Message: finding }));
      const id = JSON.parse(finding)["kibana.alert.uuid"];
      const path = `${folder}/exceptions/r.toml`;
      const texts: string[] = [];
      writeFileSync(`${folder}/finding.json`, finding);
      for (const target of [`${folder}/finding.json`, `${folder}/sns.json`, id]) {
        const args = ["except", target, "--rules", `${folder}/rules`, "--events", `${folder}/e.ndjson`, ...KEPT];
        const { code, printed, warned } = await run(folder, ...args);
        assert.deepEqual([code, warned], [0, ""]);
        assert.match(printed, /^wrote exceptions\/r\.toml:\n/);
        assert.match(
          printed,
          /over these events it hides 3 matches, and takes away 1 finding\n {2}- 2026-11-01T10:00Z {2}h1/,
        );
        texts.push(readFileSync(path, "utf8"));
        rmSync(path);
      }
      assert.equal(new Set(texts).size, 1);
      assert.match(
        texts[0] ?? "",
        /expire_time = "2099-01-31T23:59:59\.999Z"\n\n\[\[exceptions\.items\.entries\]\]\nfield = "host\.id"\noperator = "included"\ntype = "match"\nvalue = "h1"\n$/,
      );
    });
  });

  test("writes what it is told of a rule, and appends to what is there", async () => {
    await withFiles(without, async (folder) => {
      const args = ["--rules", `${folder}/rules`, ...KEPT];
      assert.equal((await run(folder, "except", "r", "process.name=curl", ...args)).code, 0);
      assert.equal((await run(folder, "except", "R", "process.name=a=b", "host.id=h1", ...args)).code, 0);
      const { printed } = await run(folder, "replay", `${folder}/e.ndjson`, "--rules", `${folder}/rules`);
      assert.match(printed, /2 excepted, by 2 exceptions/);
      assert.match((await run(folder, "lint", `${folder}/rules`)).printed, /2 ok, 0 refused, 0 with warnings/);
    });
  });

  test("of a field that is named twice, takes any of its values, each once", async () => {
    await withFiles(without, async (folder) => {
      const args = ["--rules", `${folder}/rules`, ...KEPT];
      const pairs = ["process.name=wget", "host.id=h1", "process.name=curl", "process.name=wget"];
      const { code, printed } = await run(folder, "except", "r", ...pairs, ...args, "--json");
      assert.equal(code, 0);
      const { entries, item_id } = JSON.parse(printed);
      assert.deepEqual(entries, [
        { field: "process.name", value: ["wget", "curl"] },
        { field: "host.id", value: "h1" },
      ]);
      assert.match(
        readFileSync(`${folder}/exceptions/r.toml`, "utf8"),
        /name = "process\.name is wget or curl and host\.id is h1"\n[\s\S]*type = "match_any"\nvalue = \["wget", "curl"\]\n/,
      );
      const replayed = await run(folder, "replay", `${folder}/e.ndjson`, "--rules", `${folder}/rules`);
      assert.match(replayed.printed, /3 excepted, by 1 exception/);
      const again = await run(folder, "except", "r", "host.id=h1", "process.name=curl", "process.name=wget", ...args);
      assert.equal(again.code, 2);
      assert.match(again.warned, new RegExp(`holds the same exception already, as item_id ${item_id}`));
    });
  });

  test("warns of a field that no known mapping has, with the one that was probably meant, as lint does", async () => {
    await withFiles(without, async (folder) => {
      const args = ["--rules", `${folder}/rules`, ...KEPT];
      const { code, warned } = await run(folder, "except", "r", "process.nmae=a", "x\u202ey=b", "host.id=h1", ...args);
      assert.equal(code, 0);
      assert.match(
        warned,
        /^no known mapping has the field process\.nmae: .*; did you mean process\.name\?\n.*x\\u202ey: /,
      );
      assert.equal(warned.split("\n").length, 2);
      const linted = (await run(folder, "lint", `${folder}/rules`)).printed;
      assert.match(linted, /process\.nmae, which the exception .* reads; did you mean process\.name\?/);
    });
  });

  test("says so where the exception does not hold of the finding", async () => {
    await withFiles(without, async (folder) => {
      writeFileSync(`${folder}/finding.json`, await findingOf(folder));
      const { warned } = await run(
        folder,
        "except",
        `${folder}/finding.json`,
        "user.name=x",
        "--rules",
        `${folder}/rules`,
        ...KEPT,
      );
      assert.match(warned, /the exception does not hold of this finding: user\.name is "x"/);
    });
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no expiry", ["except", "r", "a=b", "--owner", "o", "--reason", "r"], /--until is missing/],
    ["no owner", ["except", "r", "a=b", "--until", "2099-01-01", "--reason", "r"], /--owner is missing/],
    ["a blank reason", ["except", "r", "a=b", ...KEPT, "--reason", " "], /--reason is missing/],
    ["an expiry that is over", ["except", "r", "a=b", ...KEPT, "--until", "2020-01-01"], /--until 2020-01-01 is over/],
    ["an expiry that is no time", ["except", "r", "a=b", ...KEPT, "--until", "soon"], /--until is a time such as/],
    ["a rule alone", ["except", "r", ...KEPT], /a rule alone would be hidden whole: name fields, as in host\.id=VALUE/],
    ["no rule", ["except", "other", "a=b", ...KEPT], /the rule "other" is no rule/],
    ["a pair that is none", ["except", "r", "a", ...KEPT], /"a" is not of the form FIELD=VALUE/],
    ["an id without events", ["except", "0".repeat(32), ...KEPT], /--events names what a replay finds it in/],
    [
      "a value that the field cannot have",
      ["except", "r", "process.pid=x", ...KEPT],
      /nothing was written: [\s\S]*exceptions\/r\.toml:30:1: .*"x" is not a number/,
    ],
  ];
  for (const [name, args, reason] of refused) {
    test(`refuses ${name}, and writes nothing`, async () => {
      await withFiles(without, async (folder) => {
        const { code, warned } = await run(folder, ...args, "--rules", `${folder}/rules`);
        assert.equal(code, 2);
        assert.match(warned, reason);
        assert.equal(existsSync(`${folder}/exceptions`), false);
      });
    });
  }
});
