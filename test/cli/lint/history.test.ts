import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { command } from "../../../src/cli/command.ts";
import { lint } from "../../../src/cli/lint.ts";
import { startedRule } from "../../../src/detect/rule-set.ts";
import { dynamoDbTable } from "../../../src/history/dynamodb-table.ts";
import { loadRuleFiles } from "../../../src/rule/load.ts";
import { dynamoDb } from "../../../src/runtime/dynamodb.ts";
import { deployedStack } from "../../support/deployed-stack.ts";
import { ruleText } from "../../support/rule-text.ts";

// What a deployed stage's history has of a rule, as lint tells it before an edit is deployed.

const DAY = 86_400_000;
const stack = await deployedStack();
const { state } = stack;
const table = dynamoDbTable(dynamoDb(stack.cloud.dynamoDb), stack.outputs["HistoryTableName"] ?? "");
const folder = mkdtempSync(join(tmpdir(), "firstsight-lint-history-"));
const before = { ...process.env };
Object.assign(process.env, stack.environment);
after(async () => {
  process.env = before;
  rmSync(folder, { recursive: true });
  await stack.close();
});
beforeEach(() => stack.mend());

async function run(...args: string[]) {
  const [said, warned]: [string[], string[]] = [[], []];
  const out = { print: (line: string) => void said.push(line), warn: (line: string) => void warned.push(line) };
  const code = await command([lint], ["lint", "--stage", "prod", ...args], out);
  return { code, said: said.join("\n"), warned: warned.join("\n") };
}

let count = 0;
function ruleOf(query: string): { readonly file: string; readonly started: ReturnType<typeof startedRule> } {
  const rules = join(folder, String(count++));
  mkdirSync(rules);
  const file = join(rules, "r.toml");
  writeFileSync(file, ruleText(query));
  const [detector] = loadRuleFiles([file]).detectors;
  return { file, started: startedRule(detector?.rule ?? assert.fail()) };
}

const historyOf = ({ said }: { readonly said: string }) => /^ {9}history {2}(.*)$/m.exec(said)?.[1];
const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

test("a rule that has learned, one that learns, and an edit of it, which begins anew", async () => {
  state.variables = { ...state.variables, LEARN: "window" };
  const { file, started } = ruleOf("process.name:curl");
  const { ruleId, windowMs } = started;
  assert.equal(
    historyOf(await run(file)),
    "none as the rule is now; it begins once it is deployed: it learns for 7 d of the stream, and finds nothing meanwhile",
  );
  const since = Date.now() - 2 * DAY;
  await table.start(started.key, { at: since, ruleId, windowMs });
  assert.equal(historyOf(await run(file)), `since ${minute(since)}, learns until ${minute(since + 7 * DAY)}`);
  const { rules } = JSON.parse((await run("--json", file)).said);
  const times = { since: new Date(since).toISOString(), until: new Date(since + 7 * DAY).toISOString() };
  assert.deepEqual(rules[0].history, { state: "learning", ...times, learns: true });
  assert.equal(historyOf(await run("--quiet", file)), undefined);
  await table.startEarlier(started.key, since - 30 * DAY);
  assert.equal(historyOf(await run(file)), `since ${minute(since - 30 * DAY)}`);

  writeFileSync(file, ruleText("process.name:(curl or wget)"));
  assert.match(historyOf(await run(file)) ?? "", /^none as the rule is now; .* finds nothing meanwhile$/);
});

test("a stage that does not learn, with counters and without", async () => {
  const { file, started } = ruleOf("process.name:nc");
  assert.equal(historyOf(await run(file)), "the stage keeps none of when rules began");
  state.variables = { ...state.variables, COUNTERS: "true" };
  assert.equal(historyOf(await run(file)), "none as the rule is now; it begins once it is deployed");
  const at = Date.now() - DAY;
  await table.start(started.key, { at, ruleId: started.ruleId, windowMs: started.windowMs });
  assert.equal(historyOf(await run(file)), `since ${minute(at)}`);
  const { rules } = JSON.parse((await run("--json", file)).said);
  assert.equal(rules[0].history.learns, false);
});

test("what is refused has no history; what cannot be asked is said", async () => {
  const { file } = ruleOf("process.name:a");
  writeFileSync(file, ruleText("process.name:("));
  const refused = await run(file);
  assert.deepEqual([refused.code, historyOf(refused)], [1, undefined]);

  const good = ruleOf("process.name:b").file;
  const sarif = await run("--format", "sarif", good);
  assert.deepEqual([sarif.code, sarif.warned], [2, "firstsight lint: SARIF has no place for what --stage tells"]);
  stack.aws.refusals.set("dynamodb:BatchGetItem", { code: "AccessDeniedException", message: "no" });
  const denied = await run(good);
  assert.deepEqual([denied.code, denied.warned], [3, "firstsight lint: AccessDenied for dynamodb:BatchGetItem"]);
  const nowhere = await command([lint], ["lint", "--stage", "a b", good], { print: () => {}, warn: () => {} });
  assert.equal(nowhere, 2);
});
