import { sealFinding } from "../finding/seal.ts";
import { findingId } from "../history/key.ts";
import type { Sealed } from "../history/settle.ts";
import type { Sighting } from "../history/sighting.ts";
import type { Combination } from "../rule/detector.ts";
import type { Delivery } from "../stream/delivery.ts";
import type { Quarantine } from "../stream/quarantine.ts";
import { type Deadline, type DecisionPorts, decide, isStale } from "./decide.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import type { Source } from "./observe.ts";
import { type Rejected, readRecords } from "./read.ts";
import type { RuleSet } from "./rule-set.ts";

/** What the pipeline stands on. */
export interface Ports extends DecisionPorts {
  readonly quarantine: Quarantine;
}

export interface DetectOptions {
  /** Until then, by an event's own time, sightings teach the history and make no findings. Epoch ms. */
  readonly learnUntil?: number;
  /** True makes findings also of records older than history reaches, whose combinations may have been forgotten. */
  readonly findsStale?: boolean;
}

export interface Detection {
  /** Indexes of the records that hold something undecided, ascending. Everything else is done with. */
  readonly undecided: readonly number[];
  /** The sightings among it, each with what its finding is made of. */
  readonly undecidedSightings: readonly Sighting<Source>[];
  /** Indexes of the records that there was no time to read. */
  readonly unread: readonly number[];
  readonly ledger: Ledger;
}

const PREVIEW_LENGTH = 256;

/**
 * The way of a batch: records to events, events to sightings, sightings to verdicts, and new ones to findings. Every
 * record is worked, whatever becomes of the others.
 */
export async function detect(
  delivery: Delivery,
  rules: RuleSet,
  ports: Ports,
  deadline: Deadline,
  { learnUntil = Number.NEGATIVE_INFINITY, findsStale = false }: DetectOptions = {},
): Promise<Detection> {
  const ledger = emptyLedger();
  const undecided = new Set<number>();
  const { now } = ports;
  // Half of the invocation is kept for deciding.
  const readUntil = now() + (deadline.endsAt - now()) / 2;
  const { observations, rejected, unread } = readRecords(delivery, rules, ports, readUntil, ledger);
  for (const index of unread) undecided.add(index);
  await putAway(rejected, ports, ledger, undecided);

  const undecidedSightings = await decide(
    observations,
    ports,
    deadline,
    {
      seal: (sighting, previousSeen) => sealed(sighting, previousSeen, now()),
      learns: (sighting) => {
        if (sighting.first >= learnUntil && (findsStale || !isStale(sighting, now()))) return undefined;
        const { detector, terms } = sighting.observations[0].source;
        return { ruleId: detector.rule.rule_id, preview: preview(terms) };
      },
    },
    ledger,
  );
  for (const { observations: left } of undecidedSightings) for (const { source } of left) undecided.add(source.record);
  ledger.stale += observations.filter(({ at }) => isStale({ first: at }, now())).length;
  return { undecided: [...undecided].sort((a, b) => a - b), undecidedSightings, unread, ledger };
}

/** The finding of a sighting, ready to be stored with its claim. */
export function sealed(sighting: Sighting<Source>, previousSeen: number | undefined, now: number): Sealed {
  const { triggerId, source } = sighting.observations[0];
  const { rule } = source.detector;
  const id = findingId(sighting.key, sighting.first, triggerId);
  const facts = { ...source, rule, findingId: id, triggerId, firstSeen: sighting.first, previousSeen, now };
  return {
    findingId: id,
    outbox: source.seal === undefined ? sealFinding(facts) : source.seal(facts),
    ruleId: rule.rule_id,
    ruleVersion: rule.version,
    preview: preview(source.terms),
  };
}

async function putAway(
  rejected: readonly Rejected[],
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

function preview(terms: Combination): string[] {
  return terms.map(({ text }) => text.slice(0, PREVIEW_LENGTH).toWellFormed());
}
