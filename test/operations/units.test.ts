import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unhurried } from "../../src/detect/deadline.ts";
import { type DetectOptions, detect } from "../../src/detect/detect.ts";
import { emptyLedger } from "../../src/detect/ledger.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { type Publisher, publishWith } from "../../src/finding/publisher.ts";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { remembering } from "../../src/history/remembering.ts";
import { ruleStarts } from "../../src/history/starts.ts";
import { sweep } from "../../src/history/sweep.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { addLedger } from "../../src/local/ledger-table.ts";
import { connectionEvent } from "../../src/local/sample-events.ts";
import { ASSUMED, usageOf, type Windows } from "../../src/operations/prices.ts";
import { type Detector, detector } from "../../src/rule/detector.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { openDynamoDb } from "../support/dynamodb/stand-in.ts";
import { shippedDetector } from "../support/rules.ts";
import { sizeOf } from "../support/write-units.ts";

// What `firstsight cost` makes of a ledger, held against the units that a table bills for the same run.

const HOUR = 3_600_000;
const standIn = await openDynamoDb([historyTable("history")]);
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const client = new DynamoDBClient({ region: "eu-west-1", endpoint: standIn.url, credentials });
after(async () => {
  client.destroy();
  await standIn.close();
});

const plain = shippedDetector();
const suppressing = detector({
  ...plain.rule,
  alert_suppression: {
    group_by: ["host.id"],
    duration: { value: 1, unit: "h" },
    missing_fields_strategy: "suppress",
  },
});

let next = 0;
let now = Date.now();
const table = remembering(dynamoDbTable(dynamoDb(client), "history"), () => now);
const publisher: Publisher = {
  publish: async (messages) => new Set(messages.map(({ findingId }) => findingId)),
};
const fail = (error: unknown) => assert.fail(String(error));

/** One new combination after another, each in a batch of its own: all of one host, or each of its own. */
async function alone(count: number, rule: Detector, options: DetectOptions = {}, host?: string) {
  const ledger = emptyLedger();
  for (let left = count; left > 0; left--) {
    const number = next++;
    now += 1000;
    // As long as an endpoint's id.
    const id = `${host ?? `host-${number}`}-`.padEnd(36, "0");
    const event = connectionEvent({
      host: { id, name: `${id}.example`, os: "linux" },
      process: { name: "curl", executable: `/usr/bin/tool-${number}`, user: "www-data", parent: "/usr/sbin/nginx" },
      address: "169.254.169.254",
      port: 80,
      id: `e${number}`,
      at: new Date(now).toISOString(),
    });
    const record = { id: `shard-0:${number}`, arrival: now, bytes: Buffer.from(JSON.stringify(event)) };
    const ports = { history: table, known: new Map(), publisher, quarantine: async () => new Set<never>() };
    const whole = { ...ports, now: () => now, onError: fail };
    const one = await detect(deliveryOf([record]), ruleSet([rule]), whole, unhurried(now + 58_000), options);
    addLedger(ledger, { ...one.ledger });
  }
  return ledger;
}

/** Closes the windows that are open. @returns how many had something to say */
async function close(): Promise<number> {
  now += 3 * HOUR;
  let closings = 0;
  const publish = publishWith(
    {
      publish: async (all) => {
        closings += all.length;
        return publisher.publish(all);
      },
    },
    table,
  );
  await sweep({ table, publish, now: () => now, mayStart: () => true, onError: fail });
  return closings;
}

/** Of the run that is measured, and no sweep's looks. */
function measured() {
  const { writes, indexWrites, reads } = standIn.units;
  return { writes: writes + indexWrites, reads };
}

function within(units: number, made: number, what: string): void {
  assert.ok(made >= units * 0.97 && made <= units * 1.25, `${what}: ${made} is made of ${units}`);
}

/** Of a sweep, and of the rule's fragment, which is asked for again after a while. */
const LOOKS = 9;
const SHORT = { seconds: 1, shards: 1, invocations: 0 };
const idle = usageOf({ ...SHORT, counts: emptyLedger() }).readUnits ?? 0;

for (const counters of [false, true]) {
  test(`a new finding by itself, ${counters ? "counted" : "not counted"}, costs what the formula says`, async () => {
    await alone(1, plain);
    standIn.resetCounts();
    const options = counters ? { counters, starts: ruleStarts(table, () => now) } : {};
    if (counters) await alone(1, plain, options);
    standIn.resetCounts();
    const counts = await alone(20, plain, options);
    assert.equal(counts.new, 20);
    const { writeUnits = 0, readUnits = 0 } = usageOf({ ...SHORT, counts, counters });
    assert.equal(writeUnits, measured().writes);
    assert.equal(readUnits - idle, measured().reads);
  });
}

test("a counter is as large as is assumed", () => {
  const sizes = standIn
    .items("history")
    .filter((item) => "n" in item)
    .map((item) => sizeOf(item as Parameters<typeof sizeOf>[0]));
  assert.ok(sizes.length >= 40);
  const largest = Math.max(...sizes);
  assert.ok(largest <= ASSUMED.counterBytes && largest > ASSUMED.counterBytes * 0.8, `${largest} bytes`);
});

for (const members of [0, 1, 2, 5, 20, 60, 199]) {
  test(`windows of suppression that list ${members} cost what the formula says`, async () => {
    await alone(1, suppressing);
    await close();
    standIn.resetCounts();
    const counts = emptyLedger();
    for (let window = 0; window < 3; window++) {
      addLedger(counts, { ...(await alone(1 + members, suppressing, {}, `group-${members}-${window}`)) });
    }
    const closings = await close();
    const windows: Windows = { opened: 3, closings };
    assert.deepEqual([counts.suppressed, closings], [3 * members, members === 0 ? 0 : 3]);
    const { writeUnits = 0, readUnits = 0, publications } = usageOf({ ...SHORT, counts, windows });
    within(measured().writes, writeUnits, "write units");
    within(measured().reads - LOOKS, readUnits - idle, "read units");
    assert.equal(publications, 3 + closings);
  });
}
