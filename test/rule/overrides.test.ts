import assert from "node:assert/strict";
import { test } from "node:test";
import { alertFields } from "../../src/rule/overrides.ts";
import type { Rule } from "../../src/rule/rule.ts";
import { someRule } from "../support/rules.ts";

type Severity = Rule["severity_mapping"][number];
const mapping = (field: string, value: string, severity: Severity["severity"]): Severity => ({
  field,
  operator: "equals",
  value,
  severity,
});

test("the highest severity of those that match wins, whatever their order", () => {
  const rule = someRule({
    severity_mapping: [mapping("a", "1", "critical"), mapping("a", "2", "high"), mapping("b", "x", "low")],
  });
  assert.equal(alertFields(rule, { a: "2", b: "x" }).severity, "high");
  assert.equal(alertFields(rule, { a: ["2", 1] }).severity, "critical", "values compare as text");
  assert.equal(alertFields(rule, { b: "x" }).severity, "low", "also under the rule's own");
  assert.equal(alertFields(rule, {}).severity, "medium");
});

test("event.severity compares as a whole number", () => {
  const rule = someRule({ severity_mapping: [mapping("event.severity", "3", "high")] });
  assert.equal(alertFields(rule, { event: { severity: 3.7 } }).severity, "high");
  assert.equal(alertFields(rule, { event: { severity: "4" } }).severity, "medium");
});

test("the risk score is the largest sound one of the first mapping's field", () => {
  const rule = someRule({
    risk_score_mapping: [
      { field: "event.risk_score", operator: "equals" },
      { field: "other", operator: "equals" },
    ],
  });
  assert.equal(alertFields(rule, { "event.risk_score": [10, "88", 101, -1, "high", true, ""] }).risk_score, 88);
  assert.equal(alertFields(rule, { other: 99 }).risk_score, 47);
});

test("the name is the event's where the field holds a text", () => {
  const rule = someRule({ rule_name_override: "rule.name" });
  assert.equal(alertFields(rule, { rule: { name: ["", "Its own"] } }).name, "Its own");
  assert.equal(alertFields(rule, { rule: { name: 3 } }).name, "Some rule");
});

test("however many values a field has, the largest score and the highest severity are found", () => {
  const scores = Array.from({ length: 300_000 }, (_, index) => index % 97);
  const rule = someRule({
    risk_score_mapping: [{ field: "score", operator: "equals" }],
    severity_mapping: [mapping("score", "96", "critical")],
  });
  const { risk_score, severity } = alertFields(rule, { score: scores });
  assert.deepEqual([risk_score, severity], [96, "critical"]);
});
