// One function on one delivery, offline: `npm run invoke -- kinesis events/kinesis.json`.
import { readdirSync, readFileSync } from "node:fs";
import { buildFunctions } from "../deploy/build.ts";
import { isObject, type JsonObject, type JsonValue } from "../ecs/json.ts";
import { readPublished } from "../render/published.ts";
import { textOf } from "../render/text.ts";
import { startFunction } from "./function-process.ts";

const USAGE = "usage: npm run invoke -- FUNCTION FILE   for example: kinesis events/kinesis.json";
const TIMEOUT_MS = 60_000;

const ENVIRONMENT = {
  AWS_REGION: "eu-west-1",
  HISTORY_TABLE: "memory",
  FINDINGS_TOPIC_ARN: "stdout",
  QUARANTINE_QUEUE_URL: "stdout",
  CANARY: "true",
  LEARN_UNTIL: process.env["LEARN_UNTIL"],
  LEARN: process.env["LEARN"],
  COUNTERS: process.env["COUNTERS"],
  LONG_VALUES: process.env["LONG_VALUES"],
  ASN_DATABASE: process.env["ASN_DATABASE"],
};

async function main(argv: readonly string[]): Promise<number> {
  const [name, file, ...more] = argv;
  if (name === undefined || file === undefined || more.length > 0) return fail(USAGE);
  const delivery = readDelivery(file);
  if (typeof delivery === "string") return fail(delivery);

  console.log(await buildFunctions());
  const names = readdirSync(new URL("../../dist", import.meta.url));
  if (!names.includes(name)) return fail(`no function ${name}: there are ${names.join(", ")}\n${USAGE}`);

  const running = await startFunction(name, ENVIRONMENT, TIMEOUT_MS, (line) => console.log(readable(line)));
  try {
    const answer = await running.invoke(arrivingNow(delivery));
    await running.close(); // all that it printed comes before its answer
    console.log(`\nanswer ${JSON.stringify(answer, undefined, 2)}`);
    return 0;
  } catch (error) {
    return fail(`${name} failed: ${error instanceof Error ? error.message : error}`);
  } finally {
    await running.close();
  }
}

function fail(message: string): number {
  console.error(message);
  return 2;
}

/** The delivery, or what is wrong with it. */
function readDelivery(file: string): JsonObject | string {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as JsonValue;
    return isObject(value) ? value : `${file}: expected a JSON object, as Lambda hands to a function`;
  } catch (error) {
    return `${file} cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

/** A Kinesis delivery's records arrive now: older ones than history reaches would only teach it. */
function arrivingNow(delivery: JsonObject): JsonObject {
  const { Records } = delivery;
  if (!Array.isArray(Records)) return delivery;
  const approximateArrivalTimestamp = Date.now() / 1000;
  const restamped = Records.map((record: JsonValue) =>
    isObject(record) && isObject(record["kinesis"])
      ? { ...record, kinesis: { ...record["kinesis"], approximateArrivalTimestamp } }
      : record,
  );
  return { ...delivery, Records: restamped };
}

/** A line of the function's, findings as blocks; anything else is shown as it is. */
function readable(line: string): string {
  return line.startsWith("{") && line.includes('"kibana.alert.uuid"') ? `\n${textOf(readPublished(line))}\n` : line;
}

process.exitCode = await main(process.argv.slice(2));
