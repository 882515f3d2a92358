import assert from "node:assert/strict";
import { test } from "node:test";
import { RECORD_BUDGET } from "../../src/stream/budget.ts";
import { pieces } from "../../src/stream/payload.ts";

const CALL = { eventVersion: "1.11", eventSource: "sts.amazonaws.com", eventName: "GetCallerIdentity" };

function piecesOf(value: unknown, budget = RECORD_BUDGET) {
  const bytes = Buffer.from(JSON.stringify(value));
  return [...pieces({ id: "r", arrival: 0, bytes }, { ...budget })].filter(({ kind }) => kind !== "pause");
}

test("a file of CloudTrail's is a bag of events, each in its own place", () => {
  const found = piecesOf({ Records: [CALL, { ...CALL, eventID: "2" }] });
  assert.deepEqual(
    found.map((piece) => piece.kind === "event" && [piece.position, piece.event["eventID"]]),
    [
      ["0.0", undefined],
      ["0.1", "2"],
    ],
  );
});

test("so is a list of Kubernetes audit events", () => {
  const items = [{ auditID: "1" }, { auditID: "2" }];
  const found = piecesOf({ kind: "EventList", apiVersion: "audit.k8s.io/v1", items });
  assert.deepEqual(
    found.map((piece) => piece.kind === "event" && piece.event),
    items,
  );
});

test("a file may be larger than an event, and an event in it may not", () => {
  const filling = { requestParameters: { text: "x".repeat(600_000) } };
  const large = { requestParameters: { text: "x".repeat(1_200_000) } };
  const found = piecesOf({ Records: [{ ...CALL, ...filling }, { ...CALL, ...large }, { ...CALL, ...filling }, 5] });
  assert.deepEqual(
    found.map((piece) => (piece.kind === "rejected" ? piece.reason : piece.kind)),
    ["event", "too_large", "event", "not_json"],
  );
});

test("a file of more events than a record may have is put away whole", () => {
  const found = piecesOf({ Records: [CALL, CALL, CALL] }, { ...RECORD_BUDGET, documents: 3 });
  assert.deepEqual(
    found.map((piece) => (piece.kind === "cut" ? piece.reason : piece.kind)),
    ["event", "event", "too_many"],
  );
});

for (const [name, value] of Object.entries({
  "a notification of S3's": { Records: [{ ...CALL, eventSource: "aws:s3", s3: {} }] },
  "an event with a field Records": { Records: [CALL], message: "x" },
  "a list of something else": { Records: [{ a: 1 }] },
  "an empty file": { Records: [] },
  "a list of other events": { kind: "EventList", apiVersion: "v1", items: [{ a: 1 }] },
})) {
  test(`${name} is one event`, () => {
    assert.deepEqual(
      piecesOf(value).map((piece) => piece.kind === "event" && piece.event),
      [value],
    );
  });
}
