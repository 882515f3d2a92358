import type { KinesisStreamRecord } from "aws-lambda";
import { lambdaRecord } from "../src/local/kinesis-shards.ts";
import { connectionEvent, type Host, IMDS, type OsType, otherEvent, seeded } from "../src/local/sample-events.ts";

/** Defend-like events as JSON, seeded: mostly of other kinds, a hundredth of them to the metadata address. */
export function eventTexts(count: number, hits = 0.01): string[] {
  const random = seeded(7);
  return Array.from({ length: count }, (_, index) => {
    const os: OsType = random() < 0.6 ? "linux" : random() < 0.7 ? "windows" : "macos";
    const number = Math.floor(random() * 200);
    const host: Host = { id: `host-${number}`, name: `host-${number}.example`, os };
    const suspect = random() < hits;
    const process = {
      name: suspect ? "curl" : "nginx",
      executable: suspect ? "/usr/bin/curl" : "/usr/sbin/nginx",
      commandLine: `${"--option value ".repeat(12)}--number ${index}`,
      user: "www-data",
      parent: "/usr/lib/systemd/systemd",
    };
    const at = new Date(1_790_000_000_000 + index).toISOString();
    const event =
      suspect || random() < 0.5
        ? connectionEvent({ host, process, address: suspect ? IMDS : "198.51.100.7", port: 80, id: `e${index}`, at })
        : otherEvent(host, process, random() < 0.7 ? "process" : "file", `e${index}`, at);
    return JSON.stringify(event);
  });
}

export function kinesisRecords(texts: readonly string[]): KinesisStreamRecord[] {
  return texts.map((text, index) =>
    lambdaRecord({
      shardId: "shardId-000000000000",
      streamName: "events",
      sequenceNumber: String(index),
      partitionKey: String(index),
      data: Buffer.from(text),
      arrival: 1_790_000_000_000,
    }),
  );
}
