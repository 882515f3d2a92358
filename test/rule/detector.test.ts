import assert from "node:assert/strict";
import { test } from "node:test";
import type { EcsEvent } from "../../src/ecs/json.ts";
import { dataStreamOf, indexScope } from "../../src/rule/scope.ts";
import { shippedDetector, someDetector } from "../support/rules.ts";

const long = `/tmp/${"a".repeat(1100)}`;
const imds = (executable: string, name: string): EcsEvent => ({
  event: { category: "network" },
  host: { id: "h1", os: { type: "linux" } },
  destination: { ip: "169.254.169.254", port: 80 },
  process: { name, executable },
});

test("an executable over ignore_above is invisible to the query, and a term all the same", () => {
  const detector = shippedDetector();
  assert.equal(detector.matches(imds(long, "implant"), 0), false, "Elasticsearch did not index it");
  assert.equal(detector.matches(imds(long, "curl"), 0), true);
  assert.equal(detector.combinations(imds(long, "curl")).list.length, 1);
});

test("with longValues keep it is a value like any other, with parity it is nowhere", () => {
  assert.equal(shippedDetector({ longValues: "keep" }).matches(imds(long, "implant"), 0), true);
  assert.equal(shippedDetector({ longValues: "parity" }).combinations(imds(long, "curl")).list.length, 0);
});

test("combinations are a product, cut at the cap with the whole count told", () => {
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const event = { host: { id: names("h", 40) }, process: { executable: names("/p", 50) } };
  const { list, total } = someDetector({}, { maxCombinations: 1000 }).combinations(event);
  assert.deepEqual([list.length, total], [1000, 2000]);
});

test("a data stream is held against the index patterns", () => {
  const scope = indexScope(["logs-endpoint.events.network-*", "-logs-endpoint.events.network-test"]);
  assert.equal(scope("logs-endpoint.events.network-default"), "in");
  assert.equal(scope("logs-endpoint.events.process-default"), "out");
  assert.equal(scope("logs-endpoint.events.network-test"), "out");
  assert.equal(scope(undefined), "unscoped");
  assert.equal(indexScope(undefined)("anything"), "in");
});

test("a data stream's name is read in any spelling", () => {
  const parts = { type: "logs", dataset: "endpoint.events.network", namespace: "prod" };
  assert.equal(dataStreamOf({ data_stream: parts }), "logs-endpoint.events.network-prod");
  assert.equal(dataStreamOf({ "data_stream.type": "logs", "data_stream.dataset": "d" }), "logs-d-default");
  assert.equal(dataStreamOf({ data_stream: { type: "logs" } }), undefined);
});
