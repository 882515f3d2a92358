// One process that works deliveries and says how much memory it took, for memory.ts.
import { gzipSync } from "node:zlib";
import { unhurried } from "../src/detect/deadline.ts";
import { detect, type Ports } from "../src/detect/detect.ts";
import { ruleSet } from "../src/detect/rule-set.ts";
import { memoryTable } from "../src/history/memory-table.ts";
import { connectionEvent } from "../src/local/sample-events.ts";
import { base64Delivery } from "../src/stream/delivery.ts";
import { shippedDetector } from "../test/support/rules.ts";

/** Bytes that base64 makes six megabytes of. */
const DELIVERY_BYTES = 4.5 * 1024 * 1024;

const event = (index: number) =>
  JSON.stringify(
    connectionEvent({
      host: { id: `h${index}`, name: `h${index}`, os: "linux" },
      process: { name: "curl", executable: `/usr/bin/${index}`, user: "u", parent: "/bin/sh" },
      address: index % 100 === 0 ? "169.254.169.254" : "192.0.2.1",
      port: 80,
      id: `e${index}`,
      at: "2026-05-25T10:00:00Z",
    }),
  );
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, index) => event(from + index)).join("\n");

const filled = (bytes: Buffer, limit = Number.POSITIVE_INFINITY): Buffer[] =>
  Array.from({ length: Math.min(limit, Math.floor(DELIVERY_BYTES / bytes.length)) }, () => bytes);

const DELIVERIES: Readonly<Record<string, () => Buffer[][]>> = {
  idle: () => [],
  plain: () => [Array.from({ length: 3000 }, (_, index) => Buffer.from(event(index)))],
  gzip: () => [filled(gzipSync(lines(2000)))],
  bombs: () => [filled(gzipSync(Buffer.alloc(20 * 1024 * 1024 - 1, " ")))],
  "many documents": () => [filled(gzipSync('{"a":1}'.repeat(2_000_000)), 10)],
  "long run": () => Array.from({ length: 100 }, (_, batch) => [gzipSync(lines(2000, batch * 2000))]),
};

const rules = ruleSet([shippedDetector()]);
const what = process.argv[2] ?? "idle";
const deliveries = DELIVERIES[what]?.() ?? [];
const ports: Ports = {
  history: memoryTable(),
  known: new Map(),
  publisher: { publish: async (messages) => new Set(messages.map(({ findingId }) => findingId)) },
  quarantine: async (entries) => new Set(entries),
  now: Date.now,
  onError: () => {},
};
async function work(delivery: readonly Buffer[]): Promise<void> {
  const records = base64Delivery(
    delivery.map((bytes) => bytes.toString("base64")),
    (index) => ({ id: `r${index}`, arrival: Date.now() }),
  );
  await detect(records, rules, ports, unhurried(Date.now() + 60_000));
}

/** Bytes of the heap that are still in use after so many more deliveries of combinations that are known by then. */
async function liveAfter(count: number): Promise<number> {
  const delivery = [gzipSync(lines(2000))];
  for (let run = 0; run < count; run++) await work(delivery);
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (what === "growth") {
  const early = await liveAfter(50);
  process.send?.((await liveAfter(350)) / early);
} else {
  for (const delivery of deliveries) await work(delivery);
  process.send?.(process.resourceUsage().maxRSS / 1024);
}
