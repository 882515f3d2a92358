import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { emptyLedger } from "../../src/detect/ledger.ts";
import {
  ASSUMED,
  type Bill,
  bill,
  type Counts,
  MEMORY_GB,
  MONTH_S,
  type Traffic,
  usageOf,
  worstDay,
} from "../../src/operations/prices.ts";
import { packaged } from "../infra/package.ts";

const DAY_S = 86_400;

/** Dollars of some of the lines. */
const of = ({ lines }: Bill, ...names: readonly string[]) =>
  lines.filter(({ what }) => names.includes(what)).reduce((sum, { dollars }) => sum + dollars, 0);
const cents = (dollars: number) => dollars.toFixed(2);

// Worked by hand, in the cost model that the formula is of: dollars a day, for events of 2 KB, one a record, of which one
// in ten is looked up in the history, nine of these ten in the warm cache.
const WORKED = [
  // What, events, documents, shards, then Lambda's requests and GB-s, logs, stream, table.
  ["10 M events, all of them read", 10e6, 10e6, 1, "0.02", "0.05", "0.05", "0.50", "0.01"],
  ["10 M events, a fifth of them read", 10e6, 2e6, 1, "0.02", "0.04", "0.05", "0.50", "0.01"],
  // The model reads all without a look before, which is $0.12 less.
  ["1 B events, all of them read", 1e9, 1e9, 39, "0.67", "2.90", "2.02", "28.04", "0.94"],
  ["1 B events, a fifth of them read", 1e9, 2e8, 39, "0.67", "1.79", "2.02", "28.04", "0.94"],
  ["10 M events, on demand", 10e6, 10e6, "on-demand", "", "", "", "3.36", "0.01"],
  ["1 B events, on demand", 1e9, 1e9, "on-demand", "", "", "", "240.96", "0.94"],
] as const;

for (const [what, records, documents, shards, requests, gbSeconds, logs, stream, table] of WORKED) {
  test(`by hand: ${what}`, () => {
    const looked = records / 10;
    const counts = {
      ...emptyLedger(),
      records,
      documents,
      combinations: looked,
      known: looked,
      cacheHits: looked * 0.9,
    };
    const day = bill(usageOf({ counts, seconds: DAY_S, shards }), DAY_S);
    assert.equal(cents(of(day, "shards", "putUnits", "onDemandStreams", "onDemandGb")), stream);
    assert.equal(cents(of(day, "writeUnits", "readUnits")), table);
    if (shards === "on-demand") return;
    assert.equal(cents(of(day, "lambdaRequests")), requests);
    assert.equal(cents(of(day, "lambdaGbSeconds")), gbSeconds);
    assert.equal(cents(of(day, "logsGb")), logs);
  });
}

test("a million new findings, by hand: 4 write units each, half a read unit, a publication, a millisecond", () => {
  const counts = { ...emptyLedger(), combinations: 1e6, new: 1e6, published: 1e6 };
  const quiet = bill(usageOf({ counts: emptyLedger(), seconds: MONTH_S, shards: 1, invocations: 0 }));
  const loud = bill(usageOf({ counts, seconds: MONTH_S, shards: 1, invocations: 0 }));
  const more = (name: string) => cents(of(loud, name) - of(quiet, name));
  assert.equal(more("writeUnits"), "2.50");
  assert.equal(more("readUnits"), "0.06");
  assert.equal(more("publications"), "0.50");
  assert.equal(more("lambdaGbSeconds"), "0.02");
});

test("a log event that is passed over costs what a record does", () => {
  const gbSeconds = (over: Partial<Counts>) =>
    usageOf({ counts: { ...emptyLedger(), records: 1000, ...over }, seconds: DAY_S, shards: 1, invocations: 0 })
      .lambdaGbSeconds;
  const [none, unread, read] = [{}, { documents: 1e6, passedOver: 1e6 }, { documents: 1e6 }].map(gbSeconds);
  assert.ok(none !== undefined && unread !== undefined && read !== undefined);
  // A million of 5 µs and of 60, of a GB.
  const gb = (read - none) / 60;
  assert.ok(gb > 0.1 && Math.abs(unread - none - 5 * gb) < 1e-6, String([none, unread, read]));
});

const count = fc.nat({ max: 1e9 });
const traffic: fc.Arbitrary<Traffic> = fc
  .record({
    counts: fc.record(Object.fromEntries(Object.keys(emptyLedger()).map((name) => [name, count]))),
    seconds: fc.integer({ min: 1, max: 1e7 }),
    shards: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant("on-demand" as const)),
    recordBytes: fc.integer({ min: 1, max: 1e6 }),
    invocations: fc.option(count, { nil: undefined }),
  })
  .map(({ invocations, counts, ...rest }) => ({
    ...rest,
    // What was passed over is among the documents.
    counts: { ...counts, documents: (counts["documents"] ?? 0) + (counts["passedOver"] ?? 0) } as unknown as Counts,
    ...(invocations === undefined ? {} : { invocations }),
  }));

/** Of one count more there is no less to pay; floating point apart. */
const isNoLess = (more: number, less: number) => more >= less * (1 - 1e-12);

test("whatever is counted more of costs no less; what the warm cache knew, no more", () => {
  const names = Object.keys(emptyLedger()) as (keyof Counts)[];
  fc.assert(
    fc.property(traffic, fc.constantFrom(...names), fc.integer({ min: 1, max: 1e6 }), (base, name, more) => {
      const documents = base.counts.documents + (name === "passedOver" ? more : 0);
      const raised = { ...base, counts: { ...base.counts, documents, [name]: base.counts[name] + more } };
      const [before, after_] = [bill(usageOf(base)).dollars, bill(usageOf(raised)).dollars];
      return name === "cacheHits" ? isNoLess(before, after_) : isNoLess(after_, before);
    }),
  );
  fc.assert(
    fc.property(traffic, fc.integer({ min: 1, max: 1e6 }), (base, more) => {
      const dollars = bill(usageOf(base)).dollars;
      const larger = { ...base, recordBytes: (base.recordBytes ?? 0) + more };
      const wider = { ...base, shards: base.shards === "on-demand" ? base.shards : base.shards + more };
      return isNoLess(bill(usageOf(larger)).dollars, dollars) && isNoLess(bill(usageOf(wider)).dollars, dollars);
    }),
  );
});

test("each count that should cost something does", () => {
  const idle = { counts: emptyLedger(), seconds: DAY_S, shards: 1 };
  const base = bill(usageOf(idle)).dollars;
  for (const name of [
    ...(["records", "documents", "quarantined", "combinations", "known", "new", "learned"] as const),
    ...(["published", "republished", "parked", "suppressed"] as const),
  ]) {
    const dollars = bill(usageOf({ ...idle, counts: { ...idle.counts, [name]: 1e6 } })).dollars;
    assert.ok(dollars > base, name);
  }
});

test("sums add up: of lines, of services, of days in a month", () => {
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, a);
  fc.assert(
    fc.property(traffic, (some) => {
      const usage = usageOf(some);
      const { dollars, lines, services } = bill(usage);
      const sum = (parts: readonly { readonly dollars: number }[]) =>
        parts.reduce((total, each) => total + each.dollars, 0);
      return (
        near(dollars, sum(lines)) &&
        near(dollars, sum(services)) &&
        near(dollars, bill(usage, DAY_S).dollars * 30.4) &&
        lines.every((line) => line.dollars > 0)
      );
    }),
  );
});

test("twice the traffic in twice the time costs the same a month", () => {
  const counts = { ...emptyLedger(), records: 5e6, documents: 1e6, combinations: 1e5, new: 1e4, published: 1e4 };
  const twice = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value * 2]));
  const once = bill(usageOf({ counts, seconds: DAY_S, shards: 2 })).dollars;
  const both = bill(usageOf({ counts: twice as unknown as Counts, seconds: DAY_S * 2, shards: 2 })).dollars;
  assert.ok(Math.abs(once - both) < 1e-9 * once);
});

test("the worst day, by hand: 1,000 findings a second and shard, 4 write units each", () => {
  const day = worstDay(1);
  assert.deepEqual([day.findingsEachSecond, day.boundBy], [1000, "shards"]);
  // 86.4 million findings of $2.50 a million.
  assert.equal(cents(of(day.bill, "writeUnits")), "216.00");
  assert.equal(cents(of(day.bill, "publications")), "8.64");
  assert.equal(worstDay(3).findingsEachSecond, 3000);
});

test("a limit of write units bounds the worst day, in money too: half of them are the table's, half its index's", () => {
  const day = worstDay(10, { maxWriteUnits: 400 });
  assert.deepEqual([day.findingsEachSecond, day.boundBy], [200, "maxWriteUnits"]);
  // 400 a second of the table, and as many of its index.
  assert.equal(cents(of(day.bill, "writeUnits")), cents(800 * DAY_S * 0.625e-6));
  assert.equal(worstDay(1, { maxWriteUnits: 1e9 }).findingsEachSecond, 1000);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.nat({ max: 1e5 }), fc.nat({ max: 1e5 }), (shards, a, b) =>
      isNoLess(
        worstDay(shards, { maxWriteUnits: Math.max(a, b) }).bill.dollars,
        worstDay(shards, { maxWriteUnits: Math.min(a, b) }).bill.dollars,
      ),
    ),
  );
});

test("what is assumed of the stack is what its files say", async () => {
  const { template } = await packaged("");
  const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
  assert.equal(ASSUMED.alarms, alarms.length, "ASSUMED.alarms of src/operations/prices.ts");
  const functions = readFileSync("serverless.yml", "utf8").split(/^ {2}(?=\w+:$)/m);
  for (const [name, gb] of Object.entries(MEMORY_GB)) {
    const own = functions.find((text) => text.startsWith(`${name}:\n`) && text.includes("handler:"));
    assert.equal(Number(/memorySize: (\d+)/.exec(own ?? "")?.[1]), gb * 1024, name);
  }
});
