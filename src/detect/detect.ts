import { findingId } from "../history/key.ts";
import type { Sealed } from "../history/settle.ts";
import type { Sighting } from "../history/sighting.ts";
import type { Combination } from "../rule/detector.ts";
import { type Budget, RECORD_BUDGET } from "../stream/budget.ts";
import type { Delivery } from "../stream/delivery.ts";
import type { Quarantine } from "../stream/quarantine.ts";
import type { Rejection } from "../stream/record.ts";
import type { Deadline } from "./deadline.ts";
import { type DecisionPorts, decide, isStale } from "./decide.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import type { Source } from "./observe.ts";
import { type PuttingAway, puttingAway } from "./put-away.ts";
import { readRecords, wholeRecord } from "./read.ts";
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
  /** True where nobody delivers again: records that there is no time to read are put away, too. */
  readonly isOnlyTry?: boolean;
  /** What each record may cost; by default a stream's. */
  readonly budget?: Budget;
  /** Bytes of memory, roughly, of events that wait to be decided: past it they are, before more is read. */
  readonly maxWaiting?: number;
}

const MAX_WAITING = 24 * 1024 * 1024;

export interface Detection {
  /** Indexes of the records that hold something undecided, ascending. Everything else is done with. */
  readonly undecided: readonly number[];
  /** The sightings among it, each with what its finding is made of. */
  readonly undecidedSightings: readonly Sighting<Source>[];
  /** Of the records that hold something undecided, those whose bytes were to be put away or read. */
  readonly unsafe: ReadonlySet<number>;
  readonly ledger: Ledger;
}

const PREVIEW_LENGTH = 256;

/**
 * The way of a batch: records to events, events to sightings, sightings to verdicts, and new ones to findings. Every
 * record is worked, whatever becomes of the others; what cannot become events is put away beside.
 */
export async function detect(
  delivery: Delivery,
  rules: RuleSet,
  ports: Ports,
  deadline: Deadline,
  {
    learnUntil = Number.NEGATIVE_INFINITY,
    findsStale = false,
    isOnlyTry = false,
    budget = RECORD_BUDGET,
    maxWaiting = MAX_WAITING,
  }: DetectOptions = {},
): Promise<Detection> {
  const ledger = emptyLedger();
  const { now, onError, quarantine } = ports;
  const away = puttingAway(quarantine, onError, ledger);
  const undecidedSightings: Sighting<Source>[] = [];
  const unread = new Set<number>();
  // Half of the invocation is kept for deciding.
  const until = now() + (deadline.endsAt - now()) / 2;
  const isOld = (at: number) => isStale({ first: at }, now());
  for (const reading of readRecords(delivery, { rules, ports, until, budget, maxWaiting, ledger })) {
    away.add(reading.away);
    if (isOnlyTry) putAwayWhole(delivery, reading.unread, "out_of_time", away);
    else for (const index of reading.unread) unread.add(index);
    for (const { at, count } of reading.observations) if (isOld(at)) ledger.stale += count;
    const left = await decide(
      reading.observations,
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
    for (const sighting of left) undecidedSightings.push(sighting);
  }
  const unsafe = new Set([...(await away.end(deadline.patience())), ...unread]);
  const undecided = new Set(unsafe);
  for (const { observations } of undecidedSightings)
    for (const { source } of observations) undecided.add(source.record);
  return { undecided: [...undecided].sort((a, b) => a - b), undecidedSightings, unsafe, ledger };
}

/** Puts a delivery away unread, where no rule can look at it. */
export async function putAside(
  delivery: Delivery,
  reason: Rejection,
  { quarantine, onError }: Pick<Ports, "quarantine" | "onError">,
  deadline: Deadline,
): Promise<Pick<Detection, "unsafe" | "ledger">> {
  const ledger = emptyLedger();
  ledger.records = delivery.length;
  ledger.unread = delivery.length;
  const away = puttingAway(quarantine, onError, ledger);
  putAwayWhole(
    delivery,
    Array.from({ length: delivery.length }, (_, index) => index),
    reason,
    away,
  );
  return { unsafe: await away.end(deadline.patience()), ledger };
}

function putAwayWhole(delivery: Delivery, indexes: readonly number[], reason: Rejection, away: PuttingAway): void {
  away.add(indexes.map((record) => ({ record, entry: wholeRecord(delivery.record(record), 0)(reason) })));
}

/**
 * The finding of a sighting, ready to be stored with its claim.
 * @param now when it is made, epoch ms
 */
export function sealed(sighting: Sighting<Source>, previousSeen: number | undefined, now: number): Sealed {
  const { triggerId, source } = sighting.observations[0];
  const { rule_id, version } = source.detector.rule;
  const id = findingId(sighting.key, sighting.first, triggerId);
  // Only who puts an old record through again gets here with one: others learn it.
  const repeat = isStale(sighting, now) ? { repeat: true as const } : {};
  const { type, terms, overflow } = source;
  const facts = { type, terms, findingId: id, firstSeen: sighting.first, previousSeen, now, ...repeat };
  return {
    findingId: id,
    outbox: source.seal(overflow === undefined ? facts : { ...facts, overflow }),
    ruleId: rule_id,
    ruleVersion: version,
    preview: preview(source.terms),
  };
}

function preview(terms: Combination): string[] {
  return terms.map(({ text }) => text.slice(0, PREVIEW_LENGTH).toWellFormed());
}
