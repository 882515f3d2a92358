import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { deployedStack } from "../support/deployed-stack.ts";

const stack = await deployedStack();
const { aws, state } = stack;
after(() => stack.close());
beforeEach(() => {
  stack.mend();
  Object.assign(process.env, stack.environment);
});

async function run(...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command(VERBS, ["status", ...args], out);
  return { code, printed: stripVTControlCharacters(printed.join("\n")), warned };
}

test("one screen, and 0 where all is well", async () => {
  const { code, printed, warned } = await run("--stage", "prod");
  assert.deepEqual([code, warned], [0, []]);
  const lines = printed.split("\n");
  assert.equal(lines[0], "firstsight-prod  all is well");
  assert.ok(lines.length <= 40, `${lines.length} lines`);
  assert.match(printed, /^ {2}ok {5}mapping kinesis {5}Enabled, last result: OK$/m);
  assert.match(printed, /^ {2}HistoryTableName {9}history$/m);
});

test("1 where something is wrong, with what it is; 1 too where something is not known", async () => {
  state.alarms.set("firstsight-prod-BehindAlarm", "ALARM");
  state.mapping.State = "Disabled";
  aws.refusals.set("kms:DescribeKey", { code: "AccessDenied", message: "no" });
  const { code, printed } = await run("--stage", "prod");
  assert.equal(code, 1);
  assert.match(printed, /^firstsight-prod {2}2 wrong, 1 not known$/m);
  assert.match(printed, /^ {2}WRONG {2}mapping kinesis {5}Disabled/m);
  assert.match(printed, /^ +firstsight-prod-BehindAlarm rings since 2026-11-20 08:00 UTC/m);
  assert.match(printed, /^ {2}\? {6}findings key {8}not known: AccessDenied for kms:DescribeKey$/m);
  state.alarms.set("firstsight-prod-BehindAlarm", "OK");
  state.mapping.State = "Enabled";
  assert.equal((await run("--stage", "prod")).code, 1);
});

test("one document, whose words are those of the screen", async () => {
  state.keyState = "Disabled";
  const { code, printed } = await run("--stage", "prod", "--json");
  const { stack: name, isWell, checks, outputs } = JSON.parse(printed);
  assert.deepEqual([code, name, isWell, outputs], [1, "firstsight-prod", false, stack.outputs]);
  assert.deepEqual(
    checks.find((each: { readonly name: string }) => each.name === "findings key"),
    { name: "findings key", state: "wrong", says: "Disabled; no finding can be published" },
  );
});

test("what AWS says moves no cursor", async () => {
  state.mapping.State = "Disabled";
  state.mapping.StateTransitionReason = "\u001b[2Jgone";
  const { printed } = await run("--stage", "prod");
  assert.match(printed, /\\u001b\[2Jgone/);
});

test("where it cannot be asked: 3, and one line", async () => {
  const line = async () => {
    const { code, printed, warned } = await run("--stage", "prod");
    assert.deepEqual([code, printed, warned.length, warned[0]?.includes("\n")], [3, "", 1, false]);
    return warned[0];
  };
  aws.refusals.set("cloudformation:DescribeStacks", {
    code: "ValidationError",
    message: "Stack with id firstsight-prod does not exist",
  });
  assert.equal(await line(), "firstsight status: there is no stack firstsight-prod in this account and Region");
  stack.mend();
  // Nor files, nor an instance's role.
  const without = {
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "nowhere",
    AWS_SHARED_CREDENTIALS_FILE: "nowhere",
  };
  Object.assign(process.env, without);
  try {
    delete process.env["AWS_ACCESS_KEY_ID"];
    assert.match((await line()) ?? "", /^firstsight status: no credentials: /);
    Object.assign(process.env, stack.environment);
    delete process.env["AWS_REGION"];
    assert.equal(await line(), "firstsight status: no Region: set AWS_REGION, or one in the profile");
  } finally {
    for (const name of Object.keys(without)) delete process.env[name];
  }
});

test("usage that is wrong: 2", async () => {
  for (const [args, says] of [
    [["--stage", "prod/../x"], /--stage is a name such as prod/],
    [["--stag", "prod"], /--stag/],
    [["prod"], /it takes no files/],
    [["--rules", "ruels"], /--rules is the folder of the rules that run, and ruels is none/],
    [["--rules", "package.json"], /and package\.json is none/],
  ] as const) {
    const { code, warned } = await run(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(warned.join("\n"), says);
  }
  assert.deepEqual(aws.asked, []);
});
