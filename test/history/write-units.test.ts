import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { unhurried } from "../../src/detect/deadline.ts";
import { detect } from "../../src/detect/detect.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import type { JsonObject } from "../../src/ecs/json.ts";
import { dynamoDbTable } from "../../src/history/dynamodb-table.ts";
import { remembering } from "../../src/history/remembering.ts";
import { ruleStarts } from "../../src/history/starts.ts";
import { canaryEvent } from "../../src/local/canary-event.ts";
import { historyTable } from "../../src/local/history-table.ts";
import { connectionEvent } from "../../src/local/sample-events.ts";
import { isCanary } from "../../src/rule/canary.ts";
import { loadRule } from "../../src/rule/load.ts";
import { dynamoDb } from "../../src/runtime/dynamodb.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { shippedDetector } from "../support/rules.ts";
import { collect, LIFE_MS, newWorld, START } from "../support/world.ts";
import { countingUnits, sizeOf } from "../support/write-units.ts";

// What a finding costs in a table that is billed by the write.

const server = dynalite({ createTableMs: 0 });
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const client = new DynamoDBClient({
  region: "eu-west-1",
  endpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
await client.send(new CreateTableCommand(historyTable("history")));
after(() => {
  client.destroy();
  server.close();
  server.closeAllConnections();
});

const hex = (seed: string, length: number) => createHash("sha256").update(seed).digest("hex").slice(0, length);
const uuid = (seed: string) => hex(seed, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** A connection as Elastic Defend sends it from a Linux host in a cloud: twice the size of a sample, most of it ids. */
function connection(index: number): JsonObject {
  const agent = { id: uuid(`agent ${index}`), type: "endpoint", version: "9.2.1" };
  const entity = (of: string) =>
    Buffer.from(`${agent.id}-${Number.parseInt(hex(of, 4), 16)}-${1_763_600_000 + index * 7919}`).toString("base64");
  const at = new Date(START + index * 1237).toISOString();
  const name = ["curl", "python3.12", "wget", "kdevtmpfsi"][index % 4] ?? "";
  const executable = `${index % 4 === 3 ? "/var/tmp" : "/usr/bin"}/${name}`;
  const host = `ip-10-${index % 200}-17-${(index * 31) % 250}`;
  const address = host.slice(3).replaceAll("-", ".");
  const root = { Ext: { real: { id: 0, name: "root" } }, id: 0, name: "root" };
  return {
    "@timestamp": at.replace("Z", "123456Z"),
    agent,
    data_stream: { dataset: "endpoint.events.network", namespace: "default", type: "logs" },
    destination: { address: "169.254.169.254", ip: "169.254.169.254", port: 80 },
    ecs: { version: "8.10.0" },
    elastic: { agent: { id: agent.id } },
    event: {
      action: "connection_attempted",
      agent_id_status: "verified",
      category: ["network"],
      created: at.replace("Z", "123456Z"),
      dataset: "endpoint.events.network",
      id: `${Buffer.from(hex(`event ${index}`, 24), "hex").toString("base64")}++++/${index}`,
      ingested: new Date(START + 1000).toISOString(),
      kind: "event",
      module: "endpoint",
      outcome: "unknown",
      sequence: 36_090 + index * 97,
      type: ["start"],
    },
    group: root,
    host: {
      architecture: "x86_64",
      hostname: host,
      id: hex(`host ${index}`, 32),
      ip: ["127.0.0.1", "::1", address, `fe80::${hex(host, 4)}:${hex(host, 8).slice(4)}:fe11:2`],
      mac: [`02-42-ac-11-${hex(host, 2)}-02`],
      name: host,
      os: {
        Ext: { variant: "Ubuntu" },
        family: "ubuntu",
        full: "Ubuntu 24.04.1",
        kernel: "6.8.0-1021-aws #23-Ubuntu SMP Mon Dec 9 23:59:34 UTC 2024",
        name: "Linux",
        platform: "ubuntu",
        type: "linux",
        version: "24.04.1",
      },
    },
    message: "Endpoint network event",
    network: { direction: "egress", transport: "tcp", type: "ipv4" },
    process: {
      Ext: { ancestry: ["parent", "sshd", "systemd"].map(entity) },
      command_line: `${name} -s http://169.254.169.254/latest/meta-data/iam/security-credentials/`,
      entity_id: entity("self"),
      executable,
      name,
      parent: { entity_id: entity("parent"), executable: "/usr/bin/bash", name: "bash", pid: 4100 + index },
      pid: 4242 + index,
    },
    source: { address, ip: address, port: 40_000 + index * 13 },
    user: root,
  };
}

function sample(index: number): JsonObject {
  return connectionEvent({
    host: { id: `h-${index}`, name: `web-${index}.example`, os: "linux" },
    process: { name: "curl", executable: "/usr/bin/curl", user: "www-data", parent: "/usr/bin/bash" },
    address: "169.254.169.254",
    port: 80,
    id: `e-${index}`,
    at: new Date(START).toISOString(),
  });
}

function canary(index: number): JsonObject {
  return JSON.parse(canaryEvent(START + index * 300_000, hex(`attempt ${index}`, 16))) as JsonObject;
}

for (const [name, eventOf, detector] of [
  ["sample", sample, shippedDetector()],
  ["connection of an endpoint", connection, shippedDetector()],
  ["the canary's event", canary, loadRule("canary/canary.toml", readFileSync("canary/canary.toml", "utf8"))],
] as const) {
  for (const counters of [false, true])
    test(`a new finding costs four write units, and its item is under a kilobyte: ${name}${counters ? ", counted for one or two more" : ""}`, async () => {
      const { table, spent, sizes, look } = countingUnits(
        dynamoDbTable(dynamoDb(client), "history"),
        client,
        "history",
      );
      const world = newWorld();
      const ports = {
        history: remembering(table, () => world.now),
        known: new Map<string, number>(),
        publisher: collect(world),
        quarantine: async () => new Set<never>(),
        now: () => world.now,
        onError: (error: unknown) => assert.fail(String(error)),
      };
      const count = 40;
      const records = Array.from({ length: count }, (_, index) => ({
        id: `shard-0:${name}${index}${counters}`,
        arrival: START,
        bytes: Buffer.from(JSON.stringify(eventOf(index + (counters ? count : 0)))),
      }));
      const rules = ruleSet([detector]);
      const starts = counters ? ruleStarts(table, () => world.now) : undefined;
      const options = { counters, starts };
      const { ledger } = await detect(deliveryOf(records), rules, ports, unhurried(START + LIFE_MS), options);
      assert.equal(ledger.published, count);
      const { count: counted = 0, ...written } = spent;
      assert.deepEqual(written, { claim: 2 * count, complete: 2 * count });
      const isCounted = counters && !isCanary(detector.rule);
      assert.ok(isCounted ? counted > 0 && counted <= 2 * count : counted === 0, `${counted}`);
      assert.equal(
        world.published.every(({ body }) => body.includes("new_terms_stream.why")),
        isCounted,
      );
      assert.ok((sizes["claim"] ?? Number.NaN) <= 1024, `${sizes["claim"]} bytes`);
      const [key = ""] = ports.known.keys();
      assert.ok(sizeOf(await look(key)) <= 512, "once published");
    });
}
