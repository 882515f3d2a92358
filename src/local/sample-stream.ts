import { gzipSync } from "node:zlib";
import type { JsonObject } from "../ecs/json.ts";
import { canaryEvent } from "./canary-event.ts";
import type { SampleRecord } from "./kinesis-shards.ts";
import { kplAggregate } from "./kpl-encode.ts";
import { cloudTrailEvent, ORDINARY_CALLS } from "./sample-calls.ts";
import { connectionEvent, type Host, IMDS, type OsType, otherEvent, type Process, seeded } from "./sample-events.ts";

/** A stream to try the whole way of an event on, and what should come of it: also one finding of the canary's. */
export interface SampleStream {
  readonly records: readonly SampleRecord[];
  /** Combinations of host and executable that the shipped rule must find, once each. */
  readonly combinations: number;
  /** Documents that cannot be read. */
  readonly poison: number;
}

const EVENTS = 4000;
const STEP_MS = 5;
const DUPLICATE_EVERY = 97;

const HOSTS: readonly Host[] = (["linux", "linux", "windows", "macos"] satisfies OsType[]).flatMap((os, group) =>
  Array.from({ length: 6 }, (_, index) => ({
    id: `h-${os}-${group}${index}`,
    name: `${os}-${group}${index}.example`,
    os,
  })),
);

const ORDINARY: Readonly<Record<OsType, readonly Process[]>> = {
  linux: [
    { name: "nginx", executable: "/usr/sbin/nginx", user: "www-data", parent: "/usr/lib/systemd/systemd" },
    { name: "sshd", executable: "/usr/sbin/sshd", user: "root", parent: "/usr/lib/systemd/systemd" },
  ],
  windows: [
    {
      name: "svchost.exe",
      executable: "C:\\Windows\\System32\\svchost.exe",
      user: "SYSTEM",
      parent: "C:\\Windows\\System32\\services.exe",
    },
  ],
  macos: [
    {
      name: "Safari",
      executable: "/Applications/Safari.app/Contents/MacOS/Safari",
      user: "ada",
      parent: "/sbin/launchd",
    },
  ],
};

const SUSPECTS: Readonly<Record<OsType, readonly Process[]>> = {
  linux: [
    {
      name: "curl",
      executable: "/usr/bin/curl",
      user: "www-data",
      parent: "/bin/bash",
      commandLine: `curl http://${IMDS}/latest/meta-data/iam/security-credentials/`,
    },
    {
      name: "python3.11",
      executable: "/usr/bin/python3.11",
      user: "deploy",
      parent: "/bin/sh",
      commandLine: "python3.11 -c import urllib.request",
    },
    {
      name: ".x",
      executable: "/dev/shm/.x",
      user: "www-data",
      parent: "/usr/sbin/nginx",
      commandLine: "/dev/shm/.x -q",
    },
  ],
  windows: [
    {
      name: "powershell.exe",
      executable: "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
      user: "SYSTEM",
      parent: "C:\\inetpub\\w3wp.exe",
    },
  ],
  macos: [{ name: "osascript", executable: "/usr/bin/osascript", user: "ada", parent: "/bin/zsh" }],
};

const TRUSTED = { trusted: true, signing_id: "com.microsoft.VSCode.helper" };

/** Matching but for one clause, or taken out by the rule's own exclusions. */
const NEAR_MISSES: readonly {
  readonly os: OsType;
  readonly process: Process;
  readonly address?: string;
  readonly port?: number;
}[] = [
  { os: "macos", process: { name: "node", executable: "/usr/local/bin/node", user: "ada", parent: "/bin/zsh" } },
  {
    os: "macos",
    process: {
      name: "Code Helper (Plugin)",
      executable: "/tmp/Code Helper (Plugin)",
      user: "ada",
      parent: "/sbin/launchd",
      signature: TRUSTED,
    },
  },
  {
    os: "linux",
    process: { name: "curl", executable: "/usr/bin/curl", user: "root", parent: "/bin/bash" },
    port: 8080,
  },
  {
    os: "linux",
    process: { name: "curl", executable: "/usr/bin/curl", user: "root", parent: "/bin/bash" },
    address: "192.0.2.10",
  },
  {
    os: "linux",
    process: { name: "amazon-ssm-agent", executable: "/usr/bin/amazon-ssm-agent", user: "root", parent: "/sbin/init" },
  },
];

/** @param end epoch ms of the last event */
export function sampleStream(end: number, seed = 1): SampleStream {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => {
    const item = list[Math.floor(random() * list.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  };
  const combinations = new Set<string>();
  const events: JsonObject[] = [];
  for (let index = 0; index < EVENTS; index++) {
    const id = `event-${String(index).padStart(5, "0")}`;
    const at = new Date(end - (EVENTS - index) * STEP_MS).toISOString();
    const host = pick(HOSTS);
    const chance = random();
    if (chance < 0.01) {
      const process = pick(SUSPECTS[host.os]);
      combinations.add(`${host.id} ${process.executable}`);
      events.push(connectionEvent({ host, process, address: IMDS, port: 80, id, at }));
    } else if (chance < 0.04) {
      const { os, process, address = IMDS, port = 80 } = pick(NEAR_MISSES);
      events.push(
        connectionEvent({ host: pick(HOSTS.filter((other) => other.os === os)), process, address, port, id, at }),
      );
    } else if (chance < 0.4) {
      const address = `198.51.100.${Math.floor(random() * 200)}`;
      events.push(connectionEvent({ host, process: pick(ORDINARY[host.os]), address, port: 443, id, at }));
    } else {
      events.push(otherEvent(host, pick(ORDINARY[host.os]), pick(["process", "file"]), id, at));
    }
  }
  const poison = poisonRecords();
  const trail = { partitionKey: "trail", data: gzipSync(cloudWatchLogs(calls(end), "trail", "aws-cloudtrail-logs")) };
  const canary = { partitionKey: "firstsight-canary", data: Buffer.from(canaryEvent(end, "d32c5kddcf5bb8c3")) };
  const records = [...packed(events, random), trail, ...poison, canary];
  return { records, combinations: combinations.size, poison: poison.length };
}

const CALLS = 40;

/** What a trail logs in the meantime, as text: raw, as CloudTrail writes it to CloudWatch Logs. */
function calls(end: number): string[] {
  return Array.from({ length: CALLS }, (_, index) => {
    const [source, name, parameters] = ORDINARY_CALLS[index % ORDINARY_CALLS.length] ?? ["", "", null];
    const at = new Date(end - (CALLS - index) * STEP_MS).toISOString();
    return JSON.stringify(cloudTrailEvent({ source, name, parameters, id: `call-${index}`, at }));
  });
}

/** Events in every framing that producers use, some of them twice. */
function packed(events: readonly JsonObject[], random: () => number): SampleRecord[] {
  const records: SampleRecord[] = [];
  const add = (data: Buffer) => {
    const record = { partitionKey: `k${records.length}`, data };
    records.push(record);
    if (records.length % DUPLICATE_EVERY === 0) records.push(record);
  };
  for (let at = 0; at < events.length; ) {
    const chance = random();
    const group = events.slice(at, at + (chance < 0.6 ? 1 : 2 + Math.floor(random() * 10)));
    at += group.length;
    const lines = group.map((event, index) => JSON.stringify(index % 7 === 3 ? dotted(event) : event));
    if (chance < 0.75) add(Buffer.from(`${lines.join("\n")}\n`));
    else if (chance < 0.85) add(gzipSync(lines.join("\n")));
    else if (chance < 0.92)
      add(
        kplAggregate(
          "-",
          lines.map((line) => Buffer.from(line)),
        ),
      );
    else if (chance < 0.96) add(Buffer.from(`[${lines.join(",")}]`));
    else add(gzipSync(cloudWatchLogs(lines, `batch-${at}`)));
  }
  return records;
}

/** The first level of an object with its keys joined by dots, as some shippers write them. */
function dotted(event: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(event).flatMap(([key, value]) =>
      key === "host" || key === "process"
        ? Object.entries(value as JsonObject).map(([inner, leaf]) => [`${key}.${inner}`, leaf])
        : [[key, value]],
    ),
  );
}

export function cloudWatchLogs(messages: readonly string[], id: string, logGroup = "/endpoint/events"): string {
  return JSON.stringify({
    messageType: "DATA_MESSAGE",
    owner: "000000000000",
    logGroup,
    logStream: "collector-1",
    subscriptionFilters: ["all"],
    logEvents: messages.map((message, index) => ({ id: `${id}-${index}`, timestamp: 0, message })),
  });
}

/** One document each that no reader can make an event of. */
export function poisonRecords(): SampleRecord[] {
  // It names the address, or nobody would look into it.
  const deep = `{"destination.ip":"${IMDS}","a":${"[".repeat(100)}${"]".repeat(100)}}`;
  const texts: Buffer[] = [
    Buffer.from('{"event":{"category":["network"'),
    Buffer.from("<14>not JSON at all"),
    Buffer.from(deep),
    gzipSync("cut short").subarray(0, 12),
  ];
  return texts.map((data, index) => ({ partitionKey: `poison-${index}`, data }));
}
