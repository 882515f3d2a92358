// Writes events/: one delivery for each shape that the stream part reads. `node scripts/sample-deliveries.ts`.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { JsonObject } from "../src/ecs/json.ts";
import { lambdaRecord } from "../src/local/kinesis-shards.ts";
import { kplAggregate } from "../src/local/kpl-encode.ts";
import { connectionEvent, type Host, IMDS, otherEvent, type Process } from "../src/local/sample-events.ts";
import { cloudWatchLogs, poisonRecords } from "../src/local/sample-stream.ts";

const START = Date.parse("2026-11-20T03:00:00Z");

const WEB: Host = { id: "h-web-1", name: "web-1.example", os: "linux" };
const CURL: Process = {
  name: "curl",
  executable: "/usr/bin/curl",
  commandLine: `curl -s http://${IMDS}/latest/meta-data/iam/security-credentials/`,
  user: "www-data",
  parent: "/bin/bash",
};
const NGINX: Process = {
  name: "nginx",
  executable: "/usr/sbin/nginx",
  user: "www-data",
  parent: "/usr/lib/systemd/systemd",
};

/** Matches the shipped rule. */
const suspicious = (id: string, at = START) =>
  connectionEvent({ host: WEB, process: CURL, address: IMDS, port: 80, id, at: new Date(at).toISOString() });
const ordinary = (id: string, at = START) => otherEvent(WEB, NGINX, "process", id, new Date(at).toISOString());
const json = (event: JsonObject) => JSON.stringify(event);

const ndjson = [ordinary("e-1"), suspicious("e-2"), suspicious("e-3")].map(json).join("\n");
const probe = JSON.stringify({
  messageType: "CONTROL_MESSAGE",
  owner: "CloudwatchLogs",
  logGroup: "",
  logStream: "",
  subscriptionFilters: [],
  logEvents: [{ id: "", timestamp: START, message: "CWL CONTROL MESSAGE: Checking health of destination." }],
});

const DELIVERIES: Readonly<Record<string, readonly Buffer[]>> = {
  kinesis: [ordinary("e-1"), suspicious("e-2"), suspicious("e-3")].map((event) => Buffer.from(json(event))),
  "kinesis-gzip": [gzipSync(ndjson)],
  "kinesis-kpl": [
    kplAggregate(
      "host-1",
      ndjson.split("\n").map((line) => Buffer.from(line)),
    ),
  ],
  "kinesis-cloudwatch-logs": [gzipSync(probe), gzipSync(cloudWatchLogs(ndjson.split("\n"), "log"))],
  "kinesis-poison": [
    Buffer.from(json(ordinary("e-1"))),
    ...poisonRecords().map(({ data }) => data),
    Buffer.from(json(suspicious("e-2"))),
  ],
};

for (const [name, payloads] of Object.entries(DELIVERIES)) {
  const Records = payloads.map((data, index) =>
    lambdaRecord({
      shardId: "shardId-000000000000",
      streamName: "events",
      sequenceNumber: `4966${String(index).padStart(52, "0")}`,
      partitionKey: `host-${index}`,
      data,
      arrival: START + index * 100,
    }),
  );
  write(name, { Records });
}

write("sweep", {
  version: "0",
  id: "00000000-0000-4000-8000-000000000000",
  "detail-type": "Scheduled Event",
  source: "aws.events",
  account: "000000000000",
  time: new Date(START).toISOString(),
  region: "eu-west-1",
  resources: ["arn:aws:events:eu-west-1:000000000000:rule/sweep"],
  detail: {},
});

function write(name: string, delivery: object): void {
  writeFileSync(new URL(`../events/${name}.json`, import.meta.url), `${JSON.stringify(delivery, undefined, 2)}\n`);
}
