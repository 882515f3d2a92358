import { unhurried } from "../../src/detect/deadline.ts";
import { detect } from "../../src/detect/detect.ts";
import { parkedBody } from "../../src/detect/park.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import type { Detector } from "../../src/rule/detector.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import type { StreamRecord } from "../../src/stream/record.ts";
import { suspiciousEvent } from "./cloud.ts";
import { shippedDetector } from "./rules.ts";
import { tableThrough } from "./world.ts";

/** Messages of the retry queue, of records that came while the table was away. @param now epoch ms */
export async function parkedBodies(
  records: readonly StreamRecord[],
  detectors: readonly Detector[],
  now: number,
): Promise<string[]> {
  const bodies: string[] = [];
  const ports = {
    history: tableThrough(memoryTable(), () => Promise.reject(new Error("away"))),
    known: new Map(),
    publisher: { publish: async () => new Set<string>() },
    quarantine: async () => new Set<never>(),
    now: () => now,
    onError: () => {},
  };
  await detect(deliveryOf(records), ruleSet(detectors), ports, unhurried(now + 60_000), {
    park: async (sightings) => {
      bodies.push(...sightings.map((sighting) => parkedBody(sighting, now, false)));
      return new Set(sightings.keys());
    },
  });
  return bodies;
}

/** The same of the shipped rule, of a suspicious event of each host that comes now. */
export function parkedHosts(hosts: readonly string[]): Promise<string[]> {
  const now = Date.now();
  const records = hosts.map((host) => ({
    id: `parked:${host}`,
    arrival: now,
    bytes: Buffer.from(suspiciousEvent(host)),
  }));
  return parkedBodies(records, [shippedDetector()], now);
}
