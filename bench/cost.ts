import type { Ledger } from "../src/detect/ledger.ts";
import { sampleStream } from "../src/local/sample-stream.ts";
import { bill, usageOf } from "../src/operations/prices.ts";
import { loadRules } from "../src/rule/load.ts";
import { invoke, newWorld, START } from "../test/support/world.ts";
import type { Row } from "./report.ts";

const DAY_S = 86_400;

/** The sample stream as a day's traffic: what `firstsight cost` prints of the ledger that `npm start` writes. */
export async function run(): Promise<Row[]> {
  const { records } = sampleStream(START);
  const counts = await ledgerOf(records.map(({ data }) => data));
  const recordBytes = records.reduce((sum, { data }) => sum + data.length, 0) / records.length;
  const { dollars, services } = bill(usageOf({ counts, seconds: DAY_S, shards: 1, recordBytes }));
  const detail = services.map((each) => `${each.service} ${each.dollars.toFixed(2)}`).join(", ");
  return [{ what: "the sample stream once a day", measured: dollars, unit: "$ a month", detail }];
}

async function ledgerOf(bytes: readonly Uint8Array[]): Promise<Ledger> {
  const records = bytes.map((each, index) => ({ id: `shard:${index}`, arrival: START, bytes: Buffer.from(each) }));
  const { detection } = await invoke(newWorld(), records, loadRules("rules").detectors);
  if (detection === "killed") throw new Error("nobody kills it");
  return detection.ledger;
}
