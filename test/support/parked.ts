import { unhurried } from "../../src/detect/deadline.ts";
import { detect } from "../../src/detect/detect.ts";
import { parkedBody } from "../../src/detect/park.ts";
import { ruleSet } from "../../src/detect/rule-set.ts";
import { memoryTable } from "../../src/history/memory-table.ts";
import { deliveryOf } from "../../src/stream/delivery.ts";
import { suspiciousEvent } from "./cloud.ts";
import { shippedDetector } from "./rules.ts";
import { tableThrough } from "./world.ts";

/** Messages of the retry queue: a suspicious event of each host, which came while the table was away. */
export async function parkedBodies(hosts: readonly string[]): Promise<string[]> {
  const bodies: string[] = [];
  const ports = {
    history: tableThrough(memoryTable(), () => Promise.reject(new Error("away"))),
    known: new Map(),
    publisher: { publish: async () => new Set<string>() },
    quarantine: async () => new Set<never>(),
    now: Date.now,
    onError: () => {},
  };
  const records = hosts.map((host) => ({
    id: `parked:${host}`,
    arrival: Date.now(),
    bytes: Buffer.from(suspiciousEvent(host)),
  }));
  await detect(deliveryOf(records), ruleSet([shippedDetector()]), ports, unhurried(Date.now() + 60_000), {
    park: async (sightings) => {
      for (const sighting of sightings) {
        bodies.push(parkedBody(sighting, Date.now(), false));
      }
      return new Set(sightings.keys());
    },
  });
  return bodies;
}
