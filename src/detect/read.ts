import { isObject } from "../ecs/json.ts";
import type { Observation } from "../history/sighting.ts";
import { normalise } from "../normalize/normalize.ts";
import { isNormalised, type RawShape, recognised } from "../normalize/raw-shape.ts";
import type { Budget } from "../stream/budget.ts";
import type { Delivery } from "../stream/delivery.ts";
import { documents } from "../stream/documents.ts";
import { pieces } from "../stream/payload.ts";
import type { Quarantined, Rejected } from "../stream/quarantine.ts";
import { readingOrder } from "../stream/reading-order.ts";
import type { Piece, Rejection, Sender, StreamRecord } from "../stream/record.ts";
import type { DecisionPorts } from "./decide.ts";
import type { Ledger } from "./ledger.ts";
import { type OnExcepted, type OnMatch, observe, type Source } from "./observe.ts";
import type { RuleSet } from "./rule-set.ts";

/** What a stretch of a delivery comes to: as much as is good to have in memory at once. */
export interface Reading {
  readonly observations: readonly Observation<Source>[];
  /** What is to be put away, in order. */
  readonly away: readonly PutAway[];
  /** Indexes of records that there was no time to read, or to read to their end. */
  readonly unread: readonly number[];
}

export interface PutAway {
  /** The record's index. */
  readonly record: number;
  readonly entry: Quarantined;
}

export interface ReadOptions {
  readonly rules: RuleSet;
  readonly ports: Pick<DecisionPorts, "onError" | "now">;
  /** Epoch ms: what is left then stays unread. */
  readonly until: number;
  /** Of each record. */
  readonly budget: Budget;
  /** Bytes, roughly, of a reading: more than that is not to be in memory at once. */
  readonly maxWaiting: number;
  readonly ledger: Ledger;
  readonly onMatch?: OnMatch;
  readonly onExcepted?: OnExcepted;
  /** Told of each event of a raw shape. */
  readonly onRawShape?: (shape: RawShape) => void;
}

/** A reading in the making. */
interface Collected {
  readonly observations: Counted[];
  readonly away: PutAway[];
  readonly unread: number[];
  /** Memory of what waits to be decided, bytes, roughly. */
  weight: number;
}

type Counted = Observation<Source> & { count: number };

const OBSERVATION_WEIGHT = 500;

/** Records to observations, one reading after another; synchronous. */
export function* readRecords(delivery: Delivery, options: ReadOptions): Generator<Reading> {
  const { rules, ports, until, maxWaiting, ledger } = options;
  const mayMatch = rules.mayMatch?.(delivery);
  let collected = nothing();
  /** What was spent on deciding meanwhile, ms: a record does not pay for it. */
  let away = 0;
  const clock = () => ports.now() - away;
  const order = readingOrder(delivery);
  for (let step = 0; step < delivery.length; step++) {
    const index = order?.[step] ?? step;
    ledger.records++;
    if (mayMatch?.[index] === false) {
      if (ledger.skipped++ % GLANCED === 0) glance(delivery.record(index).bytes, ledger, options.onRawShape);
    } else if (ports.now() > until) {
      ledger.unread++;
      collected.unread.push(index);
    } else {
      for (const _ of readRecord(delivery.record(index), index, () => collected, options, clock)) {
        if (collected.weight <= maxWaiting) continue;
        const left = ports.now();
        yield collected;
        away += ports.now() - left;
        collected = nothing();
      }
    }
  }
  yield collected;
}

/** One in so many records, and of log events, that are passed over is looked at, the first of a delivery too. */
const GLANCED = 1000;
const MOST_GLANCED = 64 * 1024;

/** What no rule asks for may be what no rule can read: that a stream is of a raw shape must show. */
function glance(text: Buffer | string, ledger: Ledger, onRawShape: ReadOptions["onRawShape"]): void {
  if (text.length > MOST_GLANCED) return;
  const [first] = documents(text.toString(), undefined, 1);
  const found = first?.kind === "object" && isObject(first.value) ? recognised(first.value) : undefined;
  if (found === undefined || isNormalised(found.shape)) return;
  ledger.unnormalised++;
  onRawShape?.(found.shape);
}

function nothing(): Collected {
  return { observations: [], away: [], unread: [], weight: 0 };
}

/** Reads a record as far as its budget goes, and stops for breath after each piece. Over budget it is put away whole. */
function* readRecord(
  record: StreamRecord,
  index: number,
  collected: () => Collected,
  { rules, ports: { now, onError }, until, budget, ledger, onMatch, onExcepted, onRawShape }: ReadOptions,
  clock: () => number,
): Generator<void> {
  const left = { ...budget };
  const started = clock();
  const isLate = () => clock() - started > budget.milliseconds;
  const taker = combinationTaker(collected, budget.combinations);
  const rejected: Rejected[] = [];
  let rejectedBytes = 0;
  let read = 0;
  /** Of the piece that was worked last, and of all that is rejected, where that is one. */
  let from: Sender | undefined;
  let ofRejected: Sender | undefined;

  const reject = (part: Rejected): Rejection | undefined => {
    ofRejected = rejected.length === 0 || ofRejected === from ? from : undefined;
    rejected.push(part);
    rejectedBytes += part.bytes.length;
    // Many, or more bytes than the record has: then the record itself is less to put away.
    return rejected.length > budget.rejected || rejectedBytes > record.bytes.length ? rejected[0]?.reason : undefined;
  };

  function work(piece: Piece): Rejection | undefined {
    switch (piece.kind) {
      case "pause":
        return undefined;
      case "cut":
        from = piece.sender;
        return piece.reason;
      case "control":
        read++;
        ledger.documents++;
        ledger.controlMessages++;
        return undefined;
      case "passed_over":
        read++;
        ledger.documents++;
        if (ledger.passedOver++ % GLANCED === 0) glance(piece.message, ledger, onRawShape);
        return undefined;
      case "repaired":
        ledger.repaired++;
        return undefined;
      case "rejected": {
        const { kind: _, sender, ...part } = piece;
        from = sender;
        read++;
        ledger.documents++;
        ledger.quarantined++;
        return reject(part);
      }
      case "event": {
        const { event: document, position, weight } = piece;
        from = piece.sender;
        read++;
        ledger.documents++;
        ledger.events++;
        const { event, shape } = normalise(document, from?.logGroup);
        if (shape !== undefined) {
          ledger[isNormalised(shape) ? "normalised" : "unnormalised"]++;
          onRawShape?.(shape);
        }
        const arrived = { event, record: index, arrival: record.arrival, place: `${record.id}/${position}` };
        const lookout = { take: taker(weight), isLate: weight > SLOW_WEIGHT ? isLate : never, onMatch, onExcepted };
        const { failures, cut } = observe(arrived, rules.index, lookout, ledger);
        let over = cut;
        for (const { ruleId, error } of failures) {
          onError(error);
          over ??= reject({ reason: "rule_failed", ruleId, position, bytes: Buffer.from(JSON.stringify(document)) });
        }
        return over;
      }
    }
  }

  let cut: Rejection | undefined;
  let isUnread = false;
  try {
    for (const piece of pieces(record, left, rules.mayMatch)) {
      cut = work(piece);
      isUnread = cut === undefined && now() > until;
      if (!isUnread && cut === undefined && isLate()) cut = "too_slow";
      if (isUnread || cut !== undefined) break;
      yield;
    }
  } catch (error) {
    onError(error);
    cut = "read_failed";
  }

  const { away, unread } = collected();
  const [first, ...more] = rejected;
  if (isUnread) {
    ledger.unread++;
    unread.push(index);
  } else if (cut !== undefined) {
    // What is left of it counts as one document.
    ledger.documents++;
    ledger.quarantined++;
    ledger.cut++;
    away.push({ record: index, entry: wholeRecord(record, cut, read, from) });
  } else if (first !== undefined) {
    away.push({
      record: index,
      entry: { ...wholeRecord(record, first.reason, read, ofRejected), rejected: [first, ...more] },
    });
  }
}

/** Heavier events are looked at by the clock before each rule, all others once. */
const SLOW_WEIGHT = 32 * 1024;
const never = () => false;

/**
 * A record, or a part of one, to be put away as it came.
 * @param read how many documents of it were read
 * @param within what the envelope says that the bytes stood in
 */
export function wholeRecord(
  { id, arrival, bytes, position, sender }: StreamRecord,
  reason: Rejection,
  read = 0,
  within?: Sender,
): Quarantined {
  return {
    recordId: id,
    arrival,
    read,
    ...(sender === undefined && within === undefined ? {} : { sender: { ...sender, ...within } }),
    rejected: [{ reason, bytes, ...(position === undefined ? {} : { position }) }],
  };
}

/**
 * Takes a record's combinations, as many distinct ones as it may have. What repeats is counted with the first, and
 * keeps no event in memory.
 */
function combinationTaker(
  collected: () => Collected,
  limit: number,
): (weight: number) => (observation: Observation<Source>) => boolean {
  const seen = new Set<string>();
  let open = new Map<string, Counted>();
  let openIn = collected();
  return (weight) => {
    let unweighed = weight;
    return (observation) => {
      const into = collected();
      if (into !== openIn) {
        openIn = into;
        open = new Map();
      }
      const { key, at, source } = observation;
      const id = `${key} ${at}`;
      const same = open.get(id);
      if (same !== undefined) {
        same.count++;
        return true;
      }
      if (source.type === "finding" && !seen.has(key)) {
        if (seen.size === limit) return false;
        seen.add(key);
      }
      const counted: Counted = { ...observation, rank: seen.size };
      open.set(id, counted);
      into.observations.push(counted);
      into.weight += OBSERVATION_WEIGHT + unweighed;
      unweighed = 0;
      return true;
    };
  };
}
