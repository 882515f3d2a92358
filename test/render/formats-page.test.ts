import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { renderedPage } from "../../scripts/formats-page.ts";
import { asffJsonSchema } from "../../src/render/asff-schema.ts";
import { ocsfJsonSchema } from "../../src/render/ocsf-schema.ts";

test("docs/formats.md shows the six forms of a finding and of a closing message as they are rendered", async () => {
  const page = readFileSync("docs/formats.md", "utf8");
  assert.equal(await renderedPage(page), page, "run node scripts/formats-page.ts");
  for (const form of [
    "MEDIUM 47  Suspicious",
    "Subject: [firstsight]",
    '"client-markdown"',
    '"class_uid": 2004',
    '"2018-10-08"',
    '"New Terms Finding"',
    "  held back   3 more findings",
    "(3 held back): Suspicious",
    "API Request (3 held back)",
    '"Update"',
    '"3 held back: Suspicious',
    '"New Terms Suppression"',
  ])
    assert.ok(page.includes(form), form);
});

test("the published schemas of forms are those in the source", () => {
  for (const [name, schema] of Object.entries({ ocsf: ocsfJsonSchema(), asff: asffJsonSchema() })) {
    const file = JSON.parse(readFileSync(`docs/${name}.schema.json`, "utf8")) as object;
    assert.deepEqual(file, JSON.parse(JSON.stringify(schema)), "run node scripts/finding-schema.ts");
  }
});
