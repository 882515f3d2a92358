// Writes events/: one delivery for each shape that the stream part reads. `node scripts/sample-deliveries.ts`.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { JsonObject } from "../src/ecs/json.ts";
import { canaryEvent } from "../src/local/canary-event.ts";
import { lambdaRecord } from "../src/local/kinesis-shards.ts";
import { kplAggregate } from "../src/local/kpl-encode.ts";
import { auditEvent, cloudTrailEvent, EVE, ORDINARY_CALLS } from "../src/local/sample-calls.ts";
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

/** A trail's log group: the calls of a day, and of one who asks who they are. */
const trail = [...ORDINARY_CALLS, ["sts.amazonaws.com", "GetCallerIdentity", null] as const].map(
  ([source, name, parameters], index) =>
    json(
      cloudTrailEvent({
        ...(name === "GetCallerIdentity" ? { caller: EVE } : {}),
        ...{ source, name, parameters, id: `c-${index}`, at: new Date(START + index * 1000).toISOString() },
      }),
    ),
);
const audit = ["db", "api-key"].map((name, index) =>
  json(auditEvent("dev@example.com", name, `a-${index}`, new Date(START + index * 1000).toISOString())),
);

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
  "kinesis-cloudtrail": [gzipSync(cloudWatchLogs(trail, "trail", "aws-cloudtrail-logs-000000000000"))],
  "kinesis-eks-audit": [gzipSync(cloudWatchLogs(audit, "audit", "/aws/eks/shop-prod/cluster"))],
  "kinesis-poison": [
    Buffer.from(json(ordinary("e-1"))),
    ...poisonRecords().map(({ data }) => data),
    Buffer.from(json(suspicious("e-2"))),
  ],
  canary: [Buffer.from(canaryEvent(START, "d32c5kddcf5bb8c3"))],
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

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PYTHON: Process = { ...CURL, name: "python3.12", executable: "/usr/bin/python3.12", parent: "/usr/sbin/cron" };
const AGENT: Process = { ...CURL, name: "amazon-ssm-agent", executable: "/usr/bin/amazon-ssm-agent" };

/** A month of one cloud, for the verbs that look back: what is used daily, weekly, once, and what does not count. */
function* month(): Generator<JsonObject> {
  const first = START - 30 * DAY;
  const hosts = Array.from(
    { length: 4 },
    (_, index): Host => ({ ...WEB, id: `h-${index}`, name: `web-${index}.example` }),
  );
  let count = 0;
  const from = (host: Host, process: Process, at: number) =>
    connectionEvent({ host, process, address: IMDS, port: 80, id: `m-${count++}`, at: new Date(at).toISOString() });
  for (let day = 0; day < 30; day++) {
    const at = first + day * DAY;
    for (const [index, host] of hosts.entries()) {
      if (index < 2) yield from(host, CURL, at + index * HOUR);
      if (index === 2 && day % 10 === 0) yield from(host, CURL, at + 2 * HOUR);
      if (day === 17 && index === 3) yield from(host, PYTHON, at + 3 * HOUR);
      yield from(host, AGENT, at + 4 * HOUR);
      yield otherEvent(host, NGINX, "process", `m-${count++}`, new Date(at + 5 * HOUR).toISOString());
    }
    if (day === 21) {
      const { host: _, ...without } = from(hosts[0] as Host, CURL, at + 6 * HOUR);
      yield { ...without, host: { os: { type: "linux" } } };
    }
  }
}

writeFileSync(
  new URL("../events/month.ndjson", import.meta.url),
  `${[...month()].map((event) => JSON.stringify(event)).join("\n")}\n`,
);
