import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EcsEvent } from "../../../src/ecs/json.ts";
import { culpritFinder } from "../../../src/workbench/scenario/culprit.ts";
import { someDetector } from "../../support/rules.ts";

const CASES: readonly (readonly [string, EcsEvent, readonly string[] | undefined])[] = [
  ["user.name:a", { user: { name: "a" } }, undefined],
  ["user.name:a", {}, ["user.name"]],
  ["user.name:a and user.id:b", { user: { name: "a" } }, ["user.id"]],
  ["user.name:a and user.id:b", {}, ["user.name"]],
  ["user.name:a or user.id:b", {}, ["user.name", "user.id"]],
  ["user.name:(a or b)", {}, ["user.name"]],
  ["not user.name:a", { user: { name: "a" } }, ["user.name"]],
  ["not (user.name:a or user.id:b)", { user: { id: "b" } }, ["user.id"]],
  ["not (user.name:a and user.id:b)", { user: { name: "a", id: "b" } }, ["user.name", "user.id"]],
  [
    "user.name:a and (user.id:b or (host.id:c and host.ip:1.1.1.1))",
    { user: { name: "a" }, host: { id: "c" } },
    ["user.id", "host.ip"],
  ],
  ["destination.port > 5", { destination: { port: 5 } }, ["destination.port"]],
];

describe("what is in an event's way", () => {
  for (const [query, event, fields] of CASES) {
    test(`of ${query}: ${fields?.join(", ") ?? "nothing"}`, () => {
      assert.deepEqual(culpritFinder(someDetector({ query }))(event, 0)?.fields, fields);
    });
  }
  test("is a clause of the query, with its place", () => {
    const find = culpritFinder(someDetector({ query: 'user.name:a and not user.id:"b c"' }));
    assert.deepEqual(find({ user: { name: "a", id: "b c" } }, 0), {
      fields: ["user.id"],
      text: 'not user.id:"b c"',
      offset: 28,
    });
  });
});
