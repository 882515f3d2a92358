import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { emptyLedger } from "../../src/detect/ledger.ts";
import { bill, usageOf } from "../../src/operations/prices.ts";
import { deployedStack } from "../support/deployed-stack.ts";
import { SHIPPED_RULE } from "../support/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-cost-"));
const stack = await deployedStack();
const { aws, state } = stack;
after(async () => {
  rmSync(folder, { recursive: true });
  await stack.close();
});
beforeEach(() => {
  stack.mend();
  state.points.clear();
  Object.assign(process.env, stack.environment);
});

async function run(...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command(VERBS, args, out);
  return { code, printed: printed.join("\n"), warned: warned.join("\n") };
}

const costOf = async (...args: readonly string[]) => {
  const { code, printed, warned } = await run("cost", ...args, "--json");
  assert.equal(code, 0, warned);
  return JSON.parse(printed);
};

let files = 0;
function file(content: string | object): string {
  const path = join(folder, `ledger-${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const LEDGER = { ...emptyLedger(), records: 1000, documents: 400, combinations: 50, known: 20, new: 30, published: 30 };

test("a ledger costs what the formula says of its counts, in the time that is said", async () => {
  const { month, assumed } = await costOf(
    file({ ...LEDGER, recordBytes: 3_000_000 }),
    "--seconds",
    "3600",
    "--shards",
    "2",
  );
  const usage = usageOf({ counts: LEDGER, seconds: 3600, shards: 2, recordBytes: 3000 });
  assert.deepEqual(month, JSON.parse(JSON.stringify(bill(usage))));
  assert.doesNotMatch(assumed.join("\n"), /--seconds|--shards|2000 bytes/);
  const byDefault = await costOf(file(LEDGER));
  assert.match(
    byDefault.assumed.join("\n"),
    /the counts are of a day \(--seconds\)\n.*one shard \(--shards\)\n.*2000 bytes/,
  );
  assert.deepEqual(
    (await costOf(file({ ...LEDGER, seconds: 3600 }), "--shards", "2")).month,
    (await costOf(file(LEDGER), "--seconds", "3600", "--shards", "2")).month,
  );
});

test("lines of metrics are summed, and what stands around them is passed over", async () => {
  const line = JSON.stringify({ ...LEDGER, _aws: {}, service: "firstsight" });
  const lines = file(`built\n${line}\nsome finding {\n2026-11-27T00:00:00Z ${line}\nanswer {}\n`);
  const twice = Object.fromEntries(Object.entries(LEDGER).map(([name, value]) => [name, value * 2]));
  assert.deepEqual((await costOf(lines)).month, (await costOf(file({ ...twice, invocations: 2 }))).month);
});

test("a replay is a ledger, of the time between its first match and its last", async () => {
  const { printed } = await run("replay", "--rules", SHIPPED_RULE, "--json", "events/month.ndjson");
  const result = JSON.parse(printed);
  const { month, assumed } = await costOf(file(printed));
  const [rule] = result.rules;
  const usage = usageOf({
    counts: {
      ...emptyLedger(),
      records: result.lines,
      documents: result.events + result.rejected,
      combinations: rule.sightings,
      known: rule.sightings - rule.findings,
      new: rule.findings,
      published: rule.findings,
    },
    seconds: (Date.parse(result.to) - Date.parse(result.from)) / 1000,
    shards: 1,
  });
  assert.equal(rule.findings, 6);
  assert.deepEqual(month, JSON.parse(JSON.stringify(bill(usage))));
  assert.doesNotMatch(assumed.join("\n"), /--seconds/);
});

test("a page says the sum, each service, what is assumed, and the worst day", async () => {
  const { printed, code } = await run("cost", file(LEDGER), "--max-write-units", "400");
  assert.equal(code, 0);
  assert.match(printed, /\$\d+\.\d\d a month, at list prices of us-east-1, \d{4}/);
  assert.match(
    printed,
    /^ {2}Kinesis +\d+\.\d\d {3}seven days' retention \d+\.\d\d, shards \d+\.\d\d, put units < 0\.01$/m,
  );
  assert.match(printed, /^ {2}not held against a price page: Kinesis seven days' retention, /m);
  assert.match(
    printed,
    /^The worst day under attack: \$\d+\.\d\d more, of 200 new findings a second, as many as --max-write-units/m,
  );
});

test("a deployed stage costs what its metrics say", async () => {
  const day = [[60, 1000]] as const;
  for (const name of ["Invocations", "ConsumedWriteCapacityUnits", "NumberOfMessagesPublished"])
    state.points.set(name, day);
  state.points.set("Duration", [[60, 5_000_000]]);
  state.points.set("IncomingRecords", [[60, 1e6]]);
  state.points.set("IncomingBytes", [[60, 2e9]]);
  state.points.set("canary", []);
  const { month, assumed, unknown } = await costOf("--stage", "prod", "--days", "1");
  const amount = (what: string) => month.lines.find((line: { readonly what: string }) => line.what === what)?.amount;
  const near = (what: string, value: number) =>
    assert.ok(Math.abs(amount(what) - value) < 1e-6 * value, `${what}: ${amount(what)}, not ${value}`);
  // A day of each is the month's thirtieth and a bit.
  near("lambdaRequests", 4 * 1000 * 30.4);
  // 5,000 s of each function: two of 1,769 MB, two of 512.
  near("lambdaGbSeconds", 5000 * (2 * (1769 / 1024) + 2 * 0.5) * 30.4);
  near("writeUnits", 2 * 1000 * 30.4);
  near("publications", 1000 * 30.4);
  near("putUnits", 1e6 * 30.4);
  near("logsGb", 4 * 2 * 30.4);
  near("alarms", 2);
  near("metrics", 1);
  near("keys", 1);
  assert.deepEqual([amount("firehoseGb"), amount("schedules")], [undefined, undefined]);
  assert.deepEqual(unknown, []);
  assert.deepEqual([...new Set(aws.asked)].toSorted(), [
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "dynamodb:DescribeTable",
    "lambda:GetFunctionConfiguration",
  ]);
  assert.match(assumed.join("\n"), /as the last 1 days/);
});

test("a stage that reads an existing stream does not pay for it, and pays for what it delivers and schedules", async () => {
  state.points.set("IncomingRecords", [[60, 1e6]]);
  state.more = [
    ["FindingsArchive", "AWS::KinesisFirehose::DeliveryStream"],
    ["CanarySchedule", "AWS::Scheduler::Schedule"],
  ];
  const { month } = await costOf("--stage", "prod", "--days", "1");
  const amount = (what: string) => month.lines.find((line: { readonly what: string }) => line.what === what)?.amount;
  assert.deepEqual([amount("shards"), amount("putUnits")], [undefined, undefined]);
  assert.equal(Math.round(amount("schedules")), Math.round(288 * 30.4));
  // A million records a day of 5 KB each.
  assert.equal(Math.round(amount("firehoseGb")), 152);
});

test("counters cost their units, in the month and on the worst day; a stage says itself whether it has them", async () => {
  const [without, with_] = [await costOf(file(LEDGER)), await costOf(file(LEDGER), "--counters")];
  const units = (of: typeof without, part = "month") =>
    (part === "month" ? of.month : of.worstDay.bill).lines.find((line: { what: string }) => line.what === "writeUnits");
  // Thirty new combinations a day, of two fields each.
  assert.ok(Math.abs(units(with_).amount - units(without).amount - 30 * 2 * 30.4) < 1e-6);
  assert.match(without.assumed.join("\n"), /^values are not counted \(--counters\)$/m);
  assert.match(with_.assumed.join("\n"), /^each new combination adds to counters of 2 fields, each by itself$/m);
  const day = (of: typeof without) => units(of, "worst").amount / 86.4e6;
  assert.deepEqual([day(without).toFixed(2), day(with_).toFixed(2)], ["4.00", "5.03"]);

  const stage = async () => costOf("--stage", "prod");
  assert.equal(day(await stage()).toFixed(2), "4.00");
  state.variables = { ...state.variables, COUNTERS: "true" };
  const counting = await stage();
  assert.equal(day(counting).toFixed(2), "5.03");
  aws.refusals.set("lambda:GetFunctionConfiguration", { code: "AccessDenied", message: "no" });
  const refused = await stage();
  assert.deepEqual(refused.unknown, [
    "whether it counts, of the worst day: AccessDenied for lambda:GetFunctionConfiguration",
  ]);
  assert.equal(day(refused).toFixed(2), "4.00");
});

test("a replay tells of windows of suppression, a ledger of what was suppressed alone", async () => {
  const rule = { sightings: 100, findings: 20, learned: 0, suppression: { suppressed: 60, closings: 6 } };
  const times = { from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z" };
  const replayed = await costOf(file({ rules: [rule], findings: 20, lines: 100, events: 100, rejected: 0, ...times }));
  const counts = { ...emptyLedger(), records: 100, documents: 100, combinations: 100, known: 20, new: 80 };
  const all = { ...counts, published: 20, suppressed: 60 };
  const usage = usageOf({ counts: all, seconds: 86_400, shards: 1, windows: { opened: 20, closings: 6 } });
  assert.deepEqual(replayed.month, JSON.parse(JSON.stringify(bill(usage))));
  assert.match(replayed.assumed.join("\n"), /^each suppressed finding is put into its window by itself$/m);
  // Each finding of the worst day is a window, which lists nothing.
  assert.equal((replayed.worstDay.bill.lines[0].amount / 86.4e6).toFixed(2), "13.00");

  const { month, assumed } = await costOf(file(all));
  const same = usageOf({ counts: all, seconds: 86_400, shards: 1, windows: { opened: 6, closings: 6 } });
  assert.deepEqual(month, JSON.parse(JSON.stringify(bill(same))));
  assert.match(
    assumed.join("\n"),
    /^a window of suppression lists 10 findings, and there is none that lists nothing; each/m,
  );
  assert.doesNotMatch((await costOf(file(LEDGER))).assumed.join("\n"), /suppress/);
});

test("what may not be asked is said, and is in no figure; without metrics there is none", async () => {
  aws.refusals.set("dynamodb:DescribeTable", { code: "AccessDenied", message: "no" });
  const { unknown, month } = await costOf("--stage", "prod");
  assert.deepEqual(unknown, ["the table's size: AccessDenied for dynamodb:DescribeTable"]);
  assert.ok(month.dollars > 0);
  aws.refusals.set("cloudformation:ListStackResources", { code: "AccessDenied", message: "no" });
  assert.match((await costOf("--stage", "prod")).unknown.join(), /keys, alarms and schedules .*ListStackResources/);
  aws.refusals.set("cloudwatch:GetMetricData", { code: "AccessDenied", message: "no" });
  const { code, warned } = await run("cost", "--stage", "prod");
  assert.deepEqual([code, warned], [3, "firstsight cost: not known: AccessDenied for cloudwatch:GetMetricData"]);
});

test("what is no ledger, and usage that is wrong, say what is right", async () => {
  for (const [args, code, says] of [
    [[], 2, /one FILE with a ledger, or --stage NAME/],
    [[file(LEDGER), file(LEDGER)], 2, /one FILE/],
    [[file(LEDGER), "--stage", "prod"], 2, /one FILE/],
    [[file(LEDGER), "--days", "3"], 2, /--days is of --stage/],
    [["--stage", "prod", "--seconds", "3"], 2, /--seconds is of FILE/],
    [["--stage", "prod", "--counters"], 2, /--counters is of FILE/],
    [[file({ rules: [{ findings: 1, suppression: "x" }], findings: 1 })], 3, /suppression is no object/],
    [[file({ rules: [{ findings: 1, suppression: { closings: -1 } }], findings: 1 })], 3, /closings is -1; a count/],
    [["--stage", "prod", "--days", "1.5"], 2, /--days is a whole number from 1 to 60/],
    [[file(LEDGER), "--seconds", "0"], 2, /--seconds is a number of seconds, over 0, and "0" is none/],
    [[file(LEDGER), "--shards", "some"], 2, /--shards is a number of shards, or on-demand/],
    [[file(LEDGER), "--shards", "1.5"], 2, /--shards is a whole number, or on-demand/],
    [[file(LEDGER), "--max-write-units", "0"], 2, /--max-write-units is a number of units a second/],
    [[join(folder, "nowhere")], 3, /nowhere/],
    [[file("{}")], 3, /holds no ledger; expected what `npm start -- --ledger FILE` writes/],
    [[file("not json")], 3, /holds no ledger/],
    [[file({ ...LEDGER, new: -1 })], 3, /ledger-\d+\.json: new is -1; a count is a number from 0 on/],
    [[file({ ...LEDGER, seconds: 0 })], 3, /ledger-\d+\.json: seconds is 0; expected the time .*, over 0/],
    [[file({ ...LEDGER, seconds: 5e-324 })], 3, /seconds is 5e-324; expected the time .*, over 0/],
    [[file(`{"records":${"[".repeat(5000)}${"]".repeat(5000)}}`)], 3, /records is no number; a count/],
    [[file({ ...LEDGER, records: "many" })], 3, /records is "many"; a count/],
    [[file({ rules: [{ findings: null }], findings: 1 })], 3, /findings is null; a count/],
    [[file({ rules: "x", findings: [], lines: 5 })], 3, /rules is no list/],
    [
      [file({ rules: [], findings: 0, from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" })],
      3,
      /from is after to/,
    ],
    [[file({ ...LEDGER, records: 1e308 })], 3, /records is 1e\+308; a count/],
    [[file(LEDGER), "--seconds", "1e-300"], 2, /--seconds is a number of seconds, over 0/],
    [[file(LEDGER), "--shards", "1e300"], 2, /--shards is a number of shards/],
    [[folder], 3, /is no file/],
  ] as const) {
    const { code: got, warned, printed } = await run("cost", ...args);
    assert.deepEqual([got, printed], [code, ""], args.join(" "));
    assert.match(warned, says);
  }
});
