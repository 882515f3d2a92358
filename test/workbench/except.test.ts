import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readTomlExceptions } from "../../src/rule/exceptions/file.ts";
import { readTable } from "../../src/rule/toml.ts";
import { tomlString, type Wanted, withException } from "../../src/workbench/except.ts";
import { UNSEEN } from "../finding/unseen.ts";

const UNTIL = Date.parse("2026-12-31T23:59:59.999Z");
const WANTED: Wanted = {
  rule: { rule_id: "r-1", name: "R" },
  entries: [
    { field: "host.id", values: ["h-1"] },
    { field: "process.executable", values: ["/usr/bin/curl"] },
  ],
  until: UNTIL,
  owner: "ops",
  reason: "INC-7",
  now: Date.parse("2026-11-27T10:00:00Z"),
};

const noList = () => {
  throw new Error("there is no value list");
};

function itemsOf(text: string) {
  return readTomlExceptions("x.toml", text, noList).items;
}

/** What an attacker puts into a value. */
const hostile = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom(..."\"'\\\n\r\t#=[]{},.\u0000\u001b\u007f\u0085\u2028\u202e\u{e0001}", '"""', "'''", "\\u"),
  }),
  fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
);

test("any value comes out of the file as it was, and none of it hides or opens something else", () => {
  const values = hostile.filter((text) => text !== "" && text.length < 30_000);
  fc.assert(
    fc.property(values, values, values, values, fc.boolean(), (name, value, owner, reason, isSecond) => {
      const field = name.slice(0, 1000).toWellFormed();
      const all = isSecond ? [...new Set([value, owner])] : [value];
      const wanted = { ...WANTED, entries: [{ field, values: all }], owner, reason };
      const before = isSecond ? withException(undefined, WANTED).text : undefined;
      const { text, added } = withException(before, wanted);
      const item = itemsOf(text).at(-1);
      const expected = all.length === 1 ? { type: "match", value } : { type: "match_any", value: all };
      assert.deepEqual(item?.entries, [{ operator: "included", field, ...expected }]);
      assert.equal(item.expireTime, UNTIL);
      if (owner.trim() !== "") assert.equal(item.owner, owner);
      if (reason.trim() !== "") assert.equal(item.reason, reason);
      assert.equal(itemsOf(text).length, isSecond ? 2 : 1);
      assert.doesNotMatch(added.replaceAll("\n", ""), UNSEEN);
    }),
  );
  assert.throws(() => tomlString("\ud800"), /half a surrogate pair/);
});

test("a file keeps its text, comments and layout included, and gains an item at its end", () => {
  const { text } = withException(undefined, WANTED);
  const mine = `# kept by hand\r\n${text.replace("tags = []", "tags = [] # none yet")}\n\n# the end`;
  const other = { ...WANTED, entries: [{ field: "user.name", values: ["svc"] }] };
  const written = withException(mine, other);
  assert.ok(written.text.startsWith(mine));
  assert.ok(written.text.endsWith(written.added));
  assert.deepEqual(
    itemsOf(written.text).map(({ name, list }) => [name, list.listId]),
    [
      ["host.id is h-1 and process.executable is /usr/bin/curl", "firstsight-r-1"],
      ["user.name is svc", "firstsight-r-1"],
    ],
  );
});

describe("a list that", () => {
  const metadata = '[metadata]\nrule_ids = ["r-1"]\n\n';
  test("has another name gets the item under that name", () => {
    const text = `${metadata}[[exceptions]]\ncontainer = { list_id = "theirs", namespace_type = "agnostic" }\n`;
    const [item] = itemsOf(withException(text, WANTED).text);
    assert.deepEqual(item?.list, { listId: "theirs", namespaceType: "agnostic" });
  });
  test("is written with its items on a line leaves the item to a list of its own", () => {
    const text = `${metadata}[[exceptions]]\ncontainer = { list_id = "theirs" }\nitems = [{ entries = [{ field = "a", operator = "included", type = "exists" }] }]\n`;
    const items = itemsOf(withException(text, WANTED).text);
    assert.deepEqual(
      items.map(({ list }) => list.listId),
      ["theirs", "firstsight-r-1"],
    );
  });
});

describe("refused, and nothing is written:", () => {
  const { text, itemId } = withException(undefined, WANTED);
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["the same exception again", text, new RegExp(`holds the same exception already, as item_id ${itemId}`)],
    ["a file of another rule", text.replaceAll("r-1", "r-2"), /metadata\.rule_ids does not name the rule r-1/],
    [
      "a file of another form",
      'exceptions = []\n[metadata]\nrule_ids = ["r-1"]\n',
      /nothing can be added to it as it is written/,
    ],
    ["a file that is no TOML", "[", /the file:1/],
  ];
  for (const [name, before, reason] of cases)
    test(name, () => assert.throws(() => withException(before, WANTED), reason));
  test("the order of the entries does not make it another", () => {
    const turned = { ...WANTED, entries: WANTED.entries.toReversed(), until: UNTIL + 1 };
    assert.throws(() => withException(text, turned), /holds the same exception already/);
  });
});

test("what is written is what the loader of a detection-rules repository reads", () => {
  assert.deepEqual(Object.keys(readTable("x", withException(undefined, WANTED).text)), ["metadata", "exceptions"]);
});
