import assert from "node:assert/strict";
import { after, test } from "node:test";
import { useNetworks } from "../../src/normalize/networks.ts";
import { someDetector, someRule } from "../support/rules.ts";
import { invoke, newWorld, START } from "../support/world.ts";

after(() => useNetworks(undefined));

test("a database that is damaged where it is read loses no event, and is not silent", async () => {
  useNetworks(() => {
    throw new Error("is a damaged MaxMind DB file");
  });
  const { new_terms } = someRule();
  const rule = (rule_id: string, query: string) =>
    someDetector({ rule_id, query, new_terms: { ...new_terms, value: ["event.provider"] } });
  const detectors = [
    rule("of-networks", "event.action:GetCallerIdentity and source.as.number:*"),
    rule("of-others", "event.action:GetCallerIdentity"),
  ];
  const call = {
    ...{ eventVersion: "1.11", eventTime: "2026-02-03T10:11:12Z", eventID: "e", eventSource: "sts.amazonaws.com" },
    ...{ eventName: "GetCallerIdentity", sourceIPAddress: "198.51.100.7" },
  };
  const world = newWorld();
  await invoke(world, [{ id: "r", arrival: START, bytes: Buffer.from(JSON.stringify(call)) }], detectors);
  assert.deepEqual(
    world.quarantined.map(({ reason, ruleId }) => [reason, ruleId]),
    [["rule_failed", "of-networks"]],
  );
  const [finding, ...more] = world.published.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  assert.deepEqual(more, []);
  assert.equal(finding?.["kibana.alert.rule.rule_id"], "of-others");
});
