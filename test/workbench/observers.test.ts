import assert from "node:assert/strict";
import { test } from "node:test";
import { observer } from "../../src/workbench/observer.ts";
import { openObservers } from "../../src/workbench/observers.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

test("a thread that has ended fails what it was asked, and what it is asked after that", async () => {
  const own = observer({ ruleFiles: [SHIPPED_RULE], now: 0 });
  const observers = openObservers({ ruleFiles: ["nothing.toml"], now: 0 }, 1, () => own);
  const block = () => ({ source: "events", first: 1, bytes: Buffer.from("{}\n") });
  await assert.rejects(observers.look(block()), /nothing\.toml/);
  await assert.rejects(observers.look(block()), /nothing\.toml/);
  await observers.close();
});
