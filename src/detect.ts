import { findingDocument } from "./finding/document.ts";
import { type Publisher, publishWith } from "./finding/publisher.ts";
import { sealFinding } from "./finding/seal.ts";
import { findingId } from "./history/key.ts";
import { type KnownCache, settle } from "./history/settle.ts";
import { chainSightings, type Observation, type Sighting } from "./history/sighting.ts";
import { type HistoryTable, LAG_MS } from "./history/table.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import { observe, type Source, triggerIdOf } from "./observe.ts";
import type { Combination, Detector } from "./rule/detector.ts";
import { pieces } from "./stream/payload.ts";
import type { Quarantine, Quarantined } from "./stream/quarantine.ts";
import type { StreamRecord } from "./stream/record.ts";

/** What the pipeline stands on. */
export interface Ports {
  readonly history: HistoryTable;
  readonly known: KnownCache;
  readonly publisher: Publisher;
  readonly quarantine: Quarantine;
  /** Wall clock, epoch ms. It times leases and stamps findings; no event is placed by it. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** The time one invocation has. */
export interface Deadline {
  /** When the invocation cannot be alive any more, epoch ms. */
  readonly endsAt: number;
  /** False once too little is left to begin a claim. */
  readonly mayStart: () => boolean;
}

export interface DetectOptions {
  /** Until then, by an event's own time, sightings teach the history and make no findings. Epoch ms. */
  readonly learnUntil?: number;
}

export interface Detection {
  /** Indexes of the records that hold something undecided, ascending. Everything else is done with. */
  readonly undecided: readonly number[];
  readonly ledger: Ledger;
}

/** A lease outlives the invocation by this much, for clocks that differ. */
const LEASE_SLACK_MS = 2000;
const PREVIEW_LENGTH = 256;

/**
 * The way of a batch: records to events, events to sightings, sightings to verdicts, and new ones to findings. Every
 * record is worked, whatever becomes of the others.
 */
export async function detect(
  records: readonly StreamRecord[],
  detectors: readonly Detector[],
  ports: Ports,
  deadline: Deadline,
  options: DetectOptions = {},
): Promise<Detection> {
  const ledger = emptyLedger();
  const undecided = new Set<number>();
  const rejected: { readonly record: number; readonly entry: Quarantined }[] = [];
  const observations: Observation<Source>[] = [];

  for (const [index, record] of records.entries()) {
    ledger.records++;
    const { id: recordId, arrival } = record;
    for (const piece of pieces(record)) {
      if (piece.kind === "control") ledger.controlMessages++;
      else if (piece.kind === "repaired") ledger.repaired++;
      else {
        ledger.documents++;
        if (piece.kind === "rejected") {
          const { reason, bytes, position } = piece;
          ledger.quarantined++;
          rejected.push({ record: index, entry: { recordId, position, arrival, reason, bytes } });
        } else {
          const { event, position } = piece;
          ledger.events++;
          const triggerId = triggerIdOf(event, `${recordId}/${position}`);
          const observed = observe({ event, record: index, arrival, triggerId }, detectors, ledger);
          observations.push(...observed.observations);
          for (const { ruleId, error } of observed.failures) {
            ports.onError(error);
            const bytes = Buffer.from(JSON.stringify(event));
            const entry: Quarantined = { recordId, position, arrival, reason: "rule_failed", ruleId, bytes };
            rejected.push({ record: index, entry });
          }
        }
      }
    }
  }

  await putAway(rejected, ports, ledger, undecided);
  await decide(observations, ports, deadline, options, ledger, undecided);
  return { undecided: [...undecided].sort((a, b) => a - b), ledger };
}

async function putAway(
  rejected: readonly { readonly record: number; readonly entry: Quarantined }[],
  { quarantine }: Ports,
  ledger: Ledger,
  undecided: Set<number>,
): Promise<void> {
  if (rejected.length === 0) return;
  const safe = await quarantine(rejected.map(({ entry }) => entry));
  for (const { record, entry } of rejected) {
    if (safe.has(entry)) continue;
    ledger.quarantineFailed++;
    undecided.add(record);
  }
}

async function decide(
  observations: readonly Observation<Source>[],
  ports: Ports,
  deadline: Deadline,
  { learnUntil = Number.NEGATIVE_INFINITY }: DetectOptions,
  ledger: Ledger,
  undecided: Set<number>,
): Promise<void> {
  const { history: table, known, now, onError } = ports;
  const isStale = ({ first }: Sighting<Source>) => now() - first > LAG_MS;

  const { decisions, cacheHits, republished } = await settle(chainSightings(observations), {
    table,
    known,
    publish: publishWith(ports.publisher),
    now,
    leaseUntil: () => deadline.endsAt + LEASE_SLACK_MS,
    mayStart: deadline.mayStart,
    learns: (sighting) => {
      if (sighting.first >= learnUntil && !isStale(sighting)) return undefined;
      const { detector, terms } = sighting.observations[0].source;
      return { ruleId: detector.rule.rule_id, preview: preview(terms) };
    },
    seal: (sighting, previousSeen) => {
      const { triggerId, source } = sighting.observations[0];
      const { rule } = source.detector;
      const id = findingId(sighting.key, sighting.first, triggerId);
      const facts = { ...source, rule, findingId: id, triggerId, firstSeen: sighting.first, previousSeen, now: now() };
      return {
        findingId: id,
        outbox: sealFinding(findingDocument(facts)),
        ruleId: rule.rule_id,
        ruleVersion: rule.version,
        preview: preview(source.terms),
      };
    },
    onError,
  });

  ledger.cacheHits += cacheHits;
  ledger.republished += republished;
  for (const { sighting, verdict, published } of decisions) {
    const count = sighting.observations.length;
    if (isStale(sighting)) ledger.stale += count;
    // Of a new sighting the first event is new, and by the time of the others it is known.
    ledger[verdict] += verdict === "new" ? 1 : count;
    if (verdict === "new") {
      ledger.known += count - 1;
      ledger[published ? "published" : "pending"]++;
    }
    if (verdict === "undecided") for (const { source } of sighting.observations) undecided.add(source.record);
  }
}

function preview(terms: Combination): string[] {
  return terms.map(({ text }) => text.slice(0, PREVIEW_LENGTH).toWellFormed());
}
