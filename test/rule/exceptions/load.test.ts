import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import type { JsonObject } from "../../../src/ecs/json.ts";
import { type LoadedRules, loadRuleFiles, loadRules } from "../../../src/rule/load.ts";
import { openRules } from "../../../src/runtime/ports.ts";
import { entryToml, exceptionsToml, withFiles } from "../../support/exceptions-folder.ts";
import { ruleText } from "../../support/rule-text.ts";

const RULE = ruleText("event.category:network");
const CURL = entryToml("process.name", "match", 'value = "curl"');
const AT = Date.parse("2026-03-02T10:00:00Z");

const entry = { field: "process.name", operator: "included", type: "match", value: "curl" };
/** What Kibana notes of each saved object. */
const SAVED = {
  ...{
    _version: "WzEsMV0=",
    created_at: "2026-01-01T00:00:00.000Z",
    created_by: "elastic",
    id: "1",
    tie_breaker_id: "2",
  },
  ...{ updated_at: "2026-01-01T00:00:00.000Z", updated_by: "elastic", tags: [], os_types: [], description: "d" },
};
const list = (list_id: string, more = {}) => JSON.stringify({ list_id, type: "detection", name: list_id, ...more });
const item = (list_id: string, more = {}) => JSON.stringify({ list_id, name: "i", entries: [entry], ...more });
const DETAILS = JSON.stringify({ exported_exception_list_count: 1, exported_exception_list_item_count: 1 });

function loaded(files: Readonly<Record<string, string>>): Promise<LoadedRules> {
  return withFiles({ "rules/r.toml": RULE, ...files }, (folder) => loadRules(`${folder}/rules`));
}

/** What is wrong, without the folder's own name. */
async function errorsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  return withFiles({ "rules/r.toml": RULE, ...files }, (folder) =>
    loadRules(`${folder}/rules`).errors.flatMap(({ path, refusals }) =>
      refusals.map(({ line, column, reason }) =>
        `${path}:${line}:${column}: ${reason.split("\n", 1)}`.replaceAll(`${folder}/`, ""),
      ),
    ),
  );
}

function naming(...lists: readonly string[]): string {
  return RULE.replace("[rule]", `[rule]\nexceptions_list = [${lists.join(", ")}]`);
}

async function excepts(files: Readonly<Record<string, string>>, event: JsonObject, at = AT): Promise<boolean> {
  const { detectors, errors } = await loaded(files);
  assert.deepEqual(errors, []);
  assert.equal(detectors.length, 1);
  return detectors[0]?.exceptedBy(event, at) !== undefined;
}

const EVENT = { event: { category: "network" }, process: { name: "curl" } };

describe("a rule has the exceptions", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
    ["of a file that names it", { "exceptions/a.toml": exceptionsToml(CURL) }, true],
    ["of no file that names another", { "exceptions/a.toml": exceptionsToml(CURL, { ruleId: "s" }) }, false],
    [
      "of a list that it names",
      { "rules/r.toml": naming('{ list_id = "l" }'), "exceptions/a.toml": exceptionsToml(CURL, { ruleId: "s" }) },
      true,
    ],
    [
      "of Kibana's export of a list, in any order",
      {
        "rules/r.toml": naming('{ id = "x", list_id = "k", type = "detection", namespace_type = "single" }'),
        "exceptions/a.ndjson": `${DETAILS}\n\n${item("k", { ...SAVED, item_id: "1", type: "simple", namespace_type: "single", comments: [{ comment: "c", id: "3" }], meta: {} })}\r\n${list("k", { ...SAVED, immutable: false, version: 1, namespace_type: "single" })}\n`,
      },
      true,
    ],
    [
      "of a list for all spaces",
      {
        "rules/r.toml": naming('{ list_id = "k", namespace_type = "agnostic" }'),
        "exceptions/a.ndjson": item("k", { namespace_type: "agnostic" }),
      },
      true,
    ],
    [
      "of its export with its lists",
      {
        "exceptions/a.ndjson": `${JSON.stringify({ rule_id: "r", query: "*", exceptions_list: [{ list_id: "k" }] })}\n${list("k")}\n${item("k")}\n{"type":"action","attributes":{}}`,
      },
      true,
    ],
    [
      "of a list without items",
      { "rules/r.toml": naming('{ list_id = "k" }'), "exceptions/a.ndjson": list("k") },
      false,
    ],
    [
      "of a value list",
      {
        "exceptions/a.toml": exceptionsToml(
          entryToml("process.name", "list", 'list = { id = "tools", type = "keyword" }'),
        ),
        "exceptions/lists/tools.txt": "wget\r\n\ncurl\n",
      },
      true,
    ],
  ];
  for (const [name, files, expected] of cases) {
    test(name, async () => assert.equal(await excepts(files, EVENT), expected));
  }
});

test("an exception holds up to the millisecond in which it expires, in the event's own time", async () => {
  for (const time of ['"2026-03-02T10:00:00.000Z"', "2026-03-02T10:00:00Z", "2026-03-02T11:00:00+01:00"]) {
    const files = { "exceptions/a.toml": exceptionsToml(`expire_time = ${time}\n${CURL}`) };
    assert.deepEqual(
      [await excepts(files, EVENT, AT - 1), await excepts(files, EVENT, AT), await excepts(files, EVENT, AT + 1)],
      [true, true, false],
      time,
    );
  }
});

const TWIN = item("k", { item_id: "1" });
const ODD = item("k", { entries: [{ ...entry, casesensitive: false }] });

function column(json: string, key: string): number {
  return json.indexOf(`"${key}"`) + 1;
}

describe("refused, with the place and the reason:", () => {
  const toml = (text: string) => ({ "exceptions/a.toml": exceptionsToml(text) });
  const listed = (type: string, values: string) => ({
    ...toml(entryToml("source.ip", "list", `list = { id = "x", type = "${type}" }`)),
    "exceptions/lists/x.txt": values,
  });
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    [
      "a list that is not there",
      { "rules/r.toml": naming('{ list_id = "k" }', '{ list_id = "l", namespace_type = "agnostic" }'), ...toml(CURL) },
      [
        "rules/r.toml:5:20: the list k (single) is in no file of exceptions: export it from Kibana, or take it out",
        "rules/r.toml:5:39: the list l (agnostic) is in no file of exceptions: export it from Kibana, or take it out",
      ],
    ],
    [
      "no TOML",
      { "exceptions/a.toml": "[metadata\n" },
      ["exceptions/a.toml:1:10: Invalid TOML document: illegal character in key"],
    ],
    [
      "unknown keys, of each table",
      toml(`expires = "2026-01-01"\n${CURL}\nvalues = ["a"]`),
      [
        "exceptions/a.toml:10:1: unknown key exceptions.0.items.0.expires: no exception has it",
        "exceptions/a.toml:16:1: unknown key exceptions.0.items.0.entries.0.values: did you mean value?",
      ],
    ],
    [
      "a misspelt rule_ids",
      { "exceptions/a.toml": exceptionsToml(CURL).replace("rule_ids", "rule_id") },
      ["exceptions/a.toml:2:1: unknown key metadata.rule_id: did you mean rule_ids?"],
    ],
    ["no entries", toml("entries = []"), ["exceptions/a.toml:10:1: exceptions.0.items.0.entries: Too small"]],
    [
      "an operator that is none",
      toml(CURL.replace("included", "include")),
      [
        'exceptions/a.toml:12:1: exceptions.0.items.0.entries.0.operator: Invalid option: expected one of "included"|"excluded"',
      ],
    ],
    [
      "a value where there is none to be",
      toml(entryToml("a", "exists", 'value = "x"')),
      ["exceptions/a.toml:14:1: unknown key exceptions.0.items.0.entries.0.value: no exception has it"],
    ],
    [
      "a time that is none",
      toml(`expire_time = "soon"\n${CURL}`),
      ['exceptions/a.toml:10:1: expire_time "soon" is no time'],
    ],
    [
      "a time without a zone",
      toml(`expire_time = 2026-03-02T10:00:00\n${CURL}`),
      ['exceptions/a.toml:10:1: expire_time "2026-03-02T10:00:00.000" is no time'],
    ],
    [
      "a value that the field cannot have",
      toml(entryToml("process.pid", "match", 'value = "x"')),
      ['exceptions/a.toml:10:1: the exception "exceptions/a.toml:9": "x" is not a number, and the field is long'],
    ],
    [
      "a nested entry on a field that is not",
      toml(
        '[[exceptions.items.entries]]\nfield = "process"\ntype = "nested"\nentries = [{ field = "name", operator = "included", type = "exists" }]',
      ),
      [
        'exceptions/a.toml:10:1: the exception "exceptions/a.toml:9": a nested entry needs a nested field, and process is object',
      ],
    ],
    [
      "a wildcard on a number",
      toml(entryToml("process.pid", "wildcard", 'value = "4*"')),
      [
        'exceptions/a.toml:10:1: the exception "exceptions/a.toml:9": a wildcard needs a keyword or text field, and process.pid is long',
      ],
    ],
    [
      "a value list of a type that Kibana leaves out",
      listed("text", "a"),
      [
        'exceptions/a.toml:14:1: the value list "x" is of type text; keyword, ip, ip_range are supported: Kibana would leave the whole exception out, and only warn',
      ],
    ],
    [
      "too many values",
      listed("keyword", Array.from({ length: 65_537 }, (_, index) => index).join("\n")),
      ['exceptions/a.toml:14:1: the value list "x" has 65537 values; 65536 are the most: Kibana would leave'],
    ],
    [
      "too many ranges",
      listed("ip_range", "10.0.0.1-10.0.0.2\n".repeat(201)),
      ['exceptions/a.toml:14:1: the value list "x" has 201 ranges with a dash; 200 are the most: Kibana would leave'],
    ],
    [
      "a value list that is not there",
      toml(entryToml("a", "list", 'list = { id = "y", type = "keyword" }')),
      [
        'exceptions/a.toml:14:1: the value list "y" is not there: put what Kibana exports of it at exceptions/lists/y.txt',
      ],
    ],
    [
      "a value list of another folder",
      toml(entryToml("a", "list", 'list = { id = "../../rules/r", type = "keyword" }')),
      ['exceptions/a.toml:14:1: the value list "../../rules/r" has an id that no file can have'],
    ],
    [
      "a value in a list that the field cannot have",
      listed("ip", "10.0.0.1\n\n10.0.0.x\n"),
      ['exceptions/lists/x.txt:3:1: the exception "exceptions/a.toml:9": "10.0.0.x" is not an IP address'],
    ],
    [
      "an item of another list",
      toml(`list_id = "m"\n${CURL}`),
      ["exceptions/a.toml:10:1: the item belongs to the list single m, and stands in single l"],
    ],
    [
      "two items of one id",
      { ...toml(`item_id = "1"\n${CURL}`), "exceptions/b.ndjson": TWIN },
      [
        `exceptions/b.ndjson:1:${column(TWIN, "item_id")}: item_id 1 is also that of the exception at exceptions/a.toml:9`,
      ],
    ],
    [
      "no JSON",
      { "exceptions/a.ndjson": `${list("k")}\n{"list_id":` },
      ["exceptions/a.ndjson:2:1: the line is no JSON object"],
    ],
    [
      "an unknown key of JSON, within the line",
      { "exceptions/a.ndjson": `\n${ODD}` },
      [
        `exceptions/a.ndjson:2:${column(ODD, "casesensitive")}: unknown key entries.0.casesensitive: no exception has it`,
      ],
    ],
    [
      "an item without a list",
      { "exceptions/a.ndjson": JSON.stringify({ entries: [entry] }) },
      ["exceptions/a.ndjson:1:1: list_id is missing"],
    ],
    [
      "an export of rules without their lists",
      { "exceptions/a.ndjson": JSON.stringify({ rule_id: "r", exceptions_list: [{ list_id: "k" }] }) },
      ["exceptions/a.ndjson:1:2: the rule r has the list k (single), which no file here has"],
    ],
    [
      "more objects than Kibana takes",
      { "exceptions/a.ndjson": `${list("k")}\n`.repeat(10_001) },
      ["exceptions/a.ndjson:10001:1: more than 10000 objects"],
    ],
    [
      "a prototype",
      { "exceptions/a.ndjson": '{"list_id":"k","name":"x","__proto__":{"entries":[]}}' },
      ["exceptions/a.ndjson:1:27: unknown key __proto__"],
    ],
  ];
  for (const [name, files, expected] of cases) {
    test(name, async () => {
      const found = await errorsOf(files);
      assert.deepEqual(
        found.map((line, index) => line.slice(0, expected[index]?.length)),
        expected,
        found.join("\n"),
      );
    });
  }
});

test("what is no file is refused by its path, and neither waited for nor read without end", async () => {
  assert.deepEqual(await errorsOf({ "exceptions/d.toml/x": "" }), ["exceptions/d.toml:1:1: no file"]);
  assert.deepEqual(await errorsOf({ "exceptions/d.ndjson/x": "" }), ["exceptions/d.ndjson:1:1: no file"]);
  const pipes = await withFiles({ "rules/r.toml": RULE, "exceptions/a.txt": "" }, (folder) => {
    execFileSync("mkfifo", [`${folder}/exceptions/p.ndjson`]);
    return loadRules(`${folder}/rules`).errors.map(({ message }) => message);
  });
  assert.match(pipes.join(), /p\.ndjson:1:1: no file/);
});

test("the functions do not start over a broken exception, and a folder without exceptions is none", async () => {
  await withFiles({ "rules/r.toml": RULE, "exceptions/a.toml": "x = 1" }, (folder) => {
    assert.throws(() => openRules(`${folder}/rules`, {}), /a\.toml:1:1: unknown key x/);
  });
  await withFiles({ "rules/r.toml": RULE }, (folder) => assert.equal(openRules(`${folder}/rules`, {}).length, 1));
});

test("another folder of exceptions may be named, and rules of several folders each have their own", async () => {
  const files = {
    "a/rules/r.toml": RULE,
    "b/rules/s.toml": ruleText("event.category:network", "s"),
    "a/exceptions/x.toml": exceptionsToml(CURL),
    "other/x.toml": exceptionsToml(CURL, { ruleId: "s" }),
  };
  await withFiles(files, (folder) => {
    const paths = [`${folder}/a/rules/r.toml`, `${folder}/b/rules/s.toml`];
    const counts = (given: LoadedRules) => given.detectors.map(({ exceptions }) => exceptions.length);
    assert.deepEqual(counts(loadRuleFiles(paths)), [1, 0]);
    assert.deepEqual(counts(loadRuleFiles(paths, { exceptions: `${folder}/other` })), [0, 1]);
  });
});
