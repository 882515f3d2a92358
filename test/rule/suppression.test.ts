import assert from "node:assert/strict";
import { test } from "node:test";
import { type EcsEvent, parseExact } from "../../src/ecs/json.ts";
import { suppressionKey } from "../../src/history/key.ts";
import { RuleFieldError } from "../../src/rule/rule.ts";
import { someDetector } from "../support/rules.ts";

type Settings = NonNullable<Parameters<typeof someDetector>[0]>["alert_suppression"];

const suppressionOf = (settings: Partial<NonNullable<Settings>>, more = {}) =>
  someDetector({ alert_suppression: { missing_fields_strategy: "suppress", ...settings }, ...more }).suppressionOf;

const keyOf = (by: string[], event: EcsEvent) =>
  suppressionKey("r", suppressionOf({ group_by: by })?.(event)?.parts ?? []);

test("without fields to group by nothing is suppressed", () => {
  assert.equal(someDetector().suppressionOf, undefined);
  assert.equal(suppressionOf({}), undefined);
  assert.equal(suppressionOf({ group_by: [] }), undefined);
});

test("all values of a field, sorted, are one; what has none is null", () => {
  const group = suppressionOf({ group_by: ["host.name", "process.pid", "user.name"] });
  const found = group?.({ host: { name: ["b", "a"] }, "process.pid": [10, 9] });
  assert.deepEqual(found?.terms, [
    { field: "host.name", value: ["a", "b"] },
    { field: "process.pid", value: [9, 10] },
    { field: "user.name", value: null },
  ]);
  assert.equal(keyOf(["host.name"], { host: { name: ["b", "a"] } }), keyOf(["host.name"], { "host.name": ["a", "b"] }));
});

test("groups are apart where a value is, whatever stands in it", () => {
  const events: EcsEvent[] = [
    {},
    { host: { name: "" } },
    { host: { name: "a" } },
    { host: { name: ["a", "b"] } },
    { host: { name: "a,b" } },
    { host: { name: '["a","b"]' } },
    { host: { name: "null" } },
    { host: { name: ["a", "a"] } },
    { host: { name: "a" }, user: { name: "b" } },
    { user: { name: "a" } },
    { user: { name: ["a", "b"] } },
  ];
  const keys = events.map((event) => keyOf(["host.name", "user.name"], event));
  assert.equal(new Set(keys).size, events.length);
  assert.equal(keyOf(["host.name"], { host: { name: null } }), keyOf(["host.name"], {}));
});

test("values are compared by their field's type, and numbers keep their text", () => {
  assert.equal(keyOf(["host.ip"], { host: { ip: "::1" } }), keyOf(["host.ip"], { host: { ip: "0:0:0:0:0:0:0:1" } }));
  const big = (text: string) => keyOf(["process.pid"], parseExact(`{"process":{"pid":${text}}}`) as EcsEvent);
  assert.notEqual(big("9007199254740993"), big("9007199254740992"));
  // A text has no terms; it is a group all the same.
  assert.notEqual(keyOf(["message"], { message: "a" }), keyOf(["message"], { message: "b" }));
});

test("doNotSuppress leaves alone what lacks any of the fields", () => {
  const group = suppressionOf({ group_by: ["host.name", "user.name"], missing_fields_strategy: "doNotSuppress" });
  assert.equal(group?.({ host: { name: "a" } }), undefined);
  assert.notEqual(group?.({ host: { name: "a" }, user: { name: "b" } }), undefined);
});

test("group_by_v2 wins where it has something", () => {
  const fieldsOf = (settings: Partial<NonNullable<Settings>>) =>
    suppressionOf(settings)?.({})?.terms.map(({ field }) => field);
  assert.deepEqual(fieldsOf({ group_by: ["host.name"], group_by_v2: [{ field: "user.name" }] }), ["user.name"]);
  assert.deepEqual(fieldsOf({ group_by: ["host.name"], group_by_v2: [] }), ["host.name"]);
});

test("a window is as long as its duration, or else as the interval", () => {
  const lengthOf = (duration?: { value: number; unit: "s" | "m" | "h" }, interval = "5m") =>
    suppressionOf({ group_by: ["host.name"], ...(duration && { duration }) }, { interval })?.({})?.durationMs;
  assert.equal(lengthOf({ value: 2, unit: "s" }), 2000);
  assert.equal(lengthOf({ value: 2, unit: "m" }), 120_000);
  assert.equal(lengthOf({ value: 2, unit: "h" }), 7_200_000);
  assert.equal(lengthOf(), 300_000);
  assert.equal(lengthOf(undefined, "1h"), 3_600_000);
  for (const interval of ["", "0m", "5 minutes"]) {
    assert.throws(
      () => lengthOf(undefined, interval),
      (error) => error instanceof RuleFieldError && error.key === "interval",
    );
  }
  assert.equal(lengthOf({ value: 1, unit: "s" }, "5 minutes"), 1000, "an interval that is not asked for");
});

test("what a finding shows of a group is bounded, and the group is not", () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `${index}`.padStart(5, "0"));
  const group = suppressionOf({ group_by: ["host.name"] });
  const [all, fewer] = [10_000, 9_999].map((count) => group?.({ host: { name: [...names(count), "x".repeat(5000)] } }));
  assert.ok(JSON.stringify(all?.terms).length < 20 * 270);
  assert.notEqual(suppressionKey("r", all?.parts ?? []), suppressionKey("r", fewer?.parts ?? []));
});
