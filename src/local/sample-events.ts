import type { JsonObject } from "../ecs/json.ts";

/** Pseudo-random numbers in [0, 1) that are the same for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type OsType = "linux" | "windows" | "macos";

export interface Host {
  readonly id: string;
  readonly name: string;
  readonly os: OsType;
}

export interface Process {
  readonly name: string;
  readonly executable: string;
  readonly commandLine?: string;
  readonly user: string;
  readonly parent: string;
  readonly signature?: JsonObject;
}

export const IMDS = "169.254.169.254";

const OS_NAMES: Readonly<Record<OsType, string>> = { linux: "Ubuntu", windows: "Windows", macos: "macOS" };

export interface Connection {
  readonly host: Host;
  readonly process: Process;
  readonly address: string;
  readonly port: number;
  readonly id: string;
  /** ISO time. */
  readonly at: string;
}

/** A network event of the kind Elastic Defend sends, about 1.3 KB; all names and addresses are invented. */
export function connectionEvent({ host, process, address, port, id, at }: Connection): JsonObject {
  return {
    "@timestamp": at,
    agent: { id: `agent-${host.id}`, type: "endpoint", version: "9.2.1" },
    data_stream: { type: "logs", dataset: "endpoint.events.network", namespace: "default" },
    ecs: { version: "8.11.0" },
    elastic: { agent: { id: `elastic-${host.id}` } },
    event: {
      action: ["connection_attempted", "disconnect_received"],
      category: ["network"],
      dataset: "endpoint.events.network",
      id,
      kind: "event",
      module: "endpoint",
      outcome: "unknown",
      type: ["start", "end"],
    },
    host: {
      architecture: "x86_64",
      hostname: host.name,
      id: host.id,
      ip: ["10.20.0.14", "fe80::42:acff:fe11:2"],
      mac: ["02-42-AC-11-00-02"],
      name: host.name,
      os: { family: OS_NAMES[host.os].toLowerCase(), name: OS_NAMES[host.os], type: host.os },
    },
    destination: { address, ip: address, port },
    source: { address: "10.20.0.14", ip: "10.20.0.14", port: 49152 },
    network: { transport: "tcp", type: "ipv4", direction: "egress" },
    process: {
      entity_id: `${host.id}-${process.name}`,
      executable: process.executable,
      name: process.name,
      pid: 4242,
      ...(process.commandLine === undefined ? {} : { command_line: process.commandLine }),
      ...(process.signature === undefined ? {} : { code_signature: process.signature }),
      parent: { executable: process.parent, name: process.parent.split(/[\\/]/).at(-1) ?? "", pid: 4000 },
    },
    user: { id: host.os === "windows" ? "S-1-5-18" : "0", name: process.user },
  };
}

/** A process or file event: nothing to do with the network, as most of what endpoints send. */
export function otherEvent(
  host: Host,
  process: Process,
  dataset: "process" | "file",
  id: string,
  at: string,
): JsonObject {
  const {
    destination: _,
    source: __,
    network: ___,
    ...rest
  } = connectionEvent({ host, process, address: "", port: 0, id, at });
  return {
    ...rest,
    data_stream: { type: "logs", dataset: `endpoint.events.${dataset}`, namespace: "default" },
    event: { action: ["fork", "exec", "end"], category: [dataset], id, kind: "event", type: ["start"] },
    ...(dataset === "file" ? { file: { name: "notes.txt", path: "/srv/data/notes.txt", size: 1204 } } : {}),
  };
}
