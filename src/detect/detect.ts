import type { CombinationFacts } from "../finding/document.ts";
import { fragmentOf } from "../finding/fragment.ts";
import { findingId } from "../history/key.ts";
import type { Sealed } from "../history/settle.ts";
import type { Sighting } from "../history/sighting.ts";
import type { RuleStarts } from "../history/starts.ts";
import { memberOf } from "../history/suppression.ts";
import type { Suppression } from "../history/suppression-window.ts";
import type { RawShape } from "../normalize/raw-shape.ts";
import { isCanary } from "../rule/canary.ts";
import type { Combination } from "../rule/detector.ts";
import { type Budget, RECORD_BUDGET } from "../stream/budget.ts";
import type { Delivery } from "../stream/delivery.ts";
import type { Quarantine } from "../stream/quarantine.ts";
import type { Rejection } from "../stream/record.ts";
import { canaryDelay } from "./canary.ts";
import { countedOf, valueCounting } from "./counting.ts";
import type { Deadline } from "./deadline.ts";
import { type DecisionPorts, decide, isStale } from "./decide.ts";
import { learningIn } from "./learning.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import type { OnExcepted, OnMatch, Source, SuppressedBy } from "./observe.ts";
import { type PuttingAway, puttingAway } from "./put-away.ts";
import { readRecords, wholeRecord } from "./read.ts";
import { type RuleCounts, ruleCounts } from "./rule-counts.ts";
import type { RuleSet } from "./rule-set.ts";

/** What the pipeline stands on. */
export interface Ports extends DecisionPorts {
  readonly quarantine: Quarantine;
}

export interface DetectOptions {
  /** Until then, by an event's own time, sightings teach the history and make no findings. Epoch ms. */
  readonly learnUntil?: number;
  /** Since when the history of each rule is kept: shown to the stream, rules begin. Without it nobody asks. */
  readonly starts?: RuleStarts | undefined;
  /** `window`: from its start on each rule learns for one window of the stream, and finds nothing. Default `none`. */
  readonly learn?: "window" | "none";
  /** True counts the values of new combinations, and tells of them in findings. */
  readonly counters?: boolean;
  /**
   * True makes findings also of records older than history reaches, whose combinations may have been forgotten. No rule
   * begins with them.
   */
  readonly findsStale?: boolean;
  /**
   * Keeps undecided sightings for later, where nobody delivers again; resolves to the indexes of those that are kept.
   * Records that there is no time to read are put away then.
   */
  readonly park?: (sightings: readonly Sighting<Source>[]) => Promise<ReadonlySet<number>>;
  /** What each record may cost; by default a stream's. */
  readonly budget?: Budget;
  /** Bytes of memory, roughly, of events that wait to be decided: past it they are, before more is read. */
  readonly maxWaiting?: number;
}

const MAX_WAITING = 24 * 1024 * 1024;

export interface Detection {
  /** Indexes of the records that hold something neither decided nor kept, ascending. Everything else is done with. */
  readonly undecided: readonly number[];
  /** Indexes of the records of which something was put away, or was to be. */
  readonly putAway: ReadonlySet<number>;
  readonly ledger: Ledger;
  readonly counts: RuleCounts;
  /** Events of raw shapes, by shape. */
  readonly rawShapes: RawShapes;
}

type RawShapes = Readonly<Partial<Record<RawShape, number>>>;

/** Bytes of each term that an item shows to people: three of them leave it under a kilobyte once it is published. */
const PREVIEW_BYTES = 80;

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
    starts,
    learn = "none",
    counters = false,
    findsStale = false,
    park,
    budget = RECORD_BUDGET,
    maxWaiting = MAX_WAITING,
  }: DetectOptions = {},
): Promise<Detection> {
  const ledger = emptyLedger();
  const counts = ruleCounts();
  const { now, onError, quarantine } = ports;
  const away = puttingAway(quarantine, onError, ledger);
  const undecided = new Set<number>();
  const learners = rules.detectors.filter(({ rule }) => !isCanary(rule));
  const learning = starts === undefined ? undefined : learningIn(delivery, learners, starts, !findsStale);
  const counting = counters ? valueCounting(ports.history, onError, countedOf) : undefined;
  const rejected = new Set<number>();
  const isOld = (at: number) => isStale({ first: at }, now());
  const { readUntil: until } = deadline;
  const onMatch: OnMatch = ({ rule }, _, combinations) => {
    const count = counts.of(rule.rule_id);
    count.matched++;
    if (combinations === 0) count.withoutTerms++;
  };
  const onExcepted: OnExcepted = ({ rule }) => {
    const count = counts.of(rule.rule_id);
    count.matched++;
    count.excepted++;
  };
  const rawShapes: { -readonly [Shape in keyof RawShapes]: RawShapes[Shape] } = {};
  const onRawShape = (shape: RawShape) => {
    rawShapes[shape] = (rawShapes[shape] ?? 0) + 1;
  };
  const options = { rules, ports, until, budget, maxWaiting, ledger, onMatch, onExcepted, onRawShape };
  for (const reading of readRecords(delivery, options)) {
    away.add(reading.away);
    for (const { record } of reading.away) rejected.add(record);
    if (park !== undefined) {
      putAwayWhole(delivery, reading.unread, "out_of_time", away);
      for (const index of reading.unread) rejected.add(index);
    } else for (const index of reading.unread) undecided.add(index);
    for (const { at, count } of reading.observations) if (isOld(at)) ledger.stale += count;
    const left = await decide(
      reading.observations,
      ports,
      deadline,
      {
        async seal(sighting, previousSeen) {
          const historySince = await learning?.since(sighting);
          const values = counting?.valuesOf(sighting, previousSeen !== undefined);
          const why = {
            ...(historySince === undefined ? {} : { historySince }),
            ...(values === undefined ? {} : { values }),
          };
          return sealed(sighting, previousSeen, now(), await keepsFragment(sighting, ports), why);
        },
        async learns(sighting) {
          const { detector, terms } = sighting.observations[0].source;
          const isLearning = async () =>
            sighting.first < learnUntil || (learn === "window" && (await learning?.isLearning(sighting)) === true);
          // The canary sings also while others learn: that nothing comes through would not be seen else.
          const isQuiet = !isCanary(detector.rule) && (await isLearning());
          if (!isQuiet && (findsStale || !isStale(sighting, now()))) return undefined;
          return { ruleId: detector.rule.rule_id, preview: preview(terms) };
        },
        counting,
        onPublished: (sighting) => {
          const delay = canaryDelay(sighting, now());
          if (delay === undefined) return;
          ledger.canary++;
          ledger.canaryDelay = Math.max(ledger.canaryDelay, Math.round(delay / 1000));
        },
        ruleOf: ({ observations: [{ source }] }) => source.detector.rule.rule_id,
      },
      ledger,
      counts,
    );
    for (const { observations } of park === undefined ? left : await keep(left, park, ledger)) {
      for (const { source } of observations) undecided.add(source.record);
    }
  }
  const patience = deadline.patience();
  if (learning !== undefined) {
    // What matched nothing is decided, whether its rules could begin or not: they begin with the next batch then.
    const learns = await learning.count(patience).catch(onError);
    if (learn === "window") ledger.learning = learns ?? 0;
  }
  for (const record of await away.end(patience)) undecided.add(record);
  return { undecided: [...undecided].sort((a, b) => a - b), putAway: rejected, ledger, counts, rawShapes };
}

/** Findings that are made at a time, to be parked: each may have 32 KB. */
const PARKED_AT_ONCE = 500;

/** @returns what could not be kept */
async function keep(
  sightings: readonly Sighting<Source>[],
  park: NonNullable<DetectOptions["park"]>,
  ledger: Ledger,
): Promise<readonly Sighting<Source>[]> {
  const lost: Sighting<Source>[] = [];
  for (let from = 0; from < sightings.length; from += PARKED_AT_ONCE) {
    const group = sightings.slice(from, from + PARKED_AT_ONCE);
    const kept = await park(group);
    ledger.parked += kept.size;
    ledger.parkFailed += group.length - kept.size;
    for (const [index, sighting] of group.entries()) if (!kept.has(index)) lost.push(sighting);
  }
  return lost;
}

/** Puts a delivery away unread, where no rule can look at it. */
export async function putAside(
  delivery: Delivery,
  reason: Rejection,
  { quarantine, onError }: Pick<Ports, "quarantine" | "onError">,
  deadline: Deadline,
): Promise<Detection> {
  const ledger = emptyLedger();
  ledger.records = delivery.length;
  ledger.unread = delivery.length;
  const away = puttingAway(quarantine, onError, ledger);
  const all = Array.from({ length: delivery.length }, (_, index) => index);
  putAwayWhole(delivery, all, reason, away);
  const undecided = [...(await away.end(deadline.patience()))];
  return { undecided, putAway: new Set(all), ledger, counts: ruleCounts(), rawShapes: {} };
}

function putAwayWhole(delivery: Delivery, indexes: readonly number[], reason: Rejection, away: PuttingAway): void {
  away.add(indexes.map((record) => ({ record, entry: wholeRecord(delivery.record(record), reason) })));
}

/** Sees to it that the rule's fragment is stored before a claim relies on it. @returns false where it may not */
async function keepsFragment(
  { observations: [{ source }] }: Sighting<Source>,
  { history, onError }: Pick<Ports, "history" | "onError">,
): Promise<boolean> {
  const fragment = fragmentOf(source.detector.rule);
  if (fragment === undefined) return false;
  try {
    return await history.keepFragment(fragment.digest, fragment.packed);
  } catch (error) {
    onError(error);
    return false;
  }
}

/**
 * The finding of a sighting, ready to be stored with its claim.
 * @param now when it is made, epoch ms
 * @param isKept true where the rule's fragment is in the history, and need not be in the finding
 * @param why what the history tells more of it
 */
export function sealed(
  sighting: Sighting<Source>,
  previousSeen: number | undefined,
  now: number,
  isKept: boolean,
  why: Pick<CombinationFacts, "historySince" | "values"> = {},
): Sealed {
  const { triggerId, source } = sighting.observations[0];
  const { rule_id } = source.detector.rule;
  const id = findingId(sighting.key, sighting.first, triggerId);
  // Only who puts an old record through again gets here with one: others learn it.
  const repeat = isStale(sighting, now) ? { repeat: true as const } : {};
  const { type, terms, overflow, suppression } = source;
  const by = suppression === undefined ? {} : { suppressedBy: suppression.terms };
  const facts = { type, terms, findingId: id, firstSeen: sighting.first, previousSeen, now, ...repeat, ...why, ...by };
  return {
    ...(suppression === undefined ? {} : { suppression: suppressionOf(suppression, sighting, id) }),
    findingId: id,
    outbox: source.seal(overflow === undefined ? facts : { ...facts, overflow }, isKept),
    ruleId: rule_id,
    preview: preview(source.terms),
  };
}

function suppressionOf(
  { key: group, durationMs }: SuppressedBy,
  { first, observations: [{ source }] }: Sighting<Source>,
  id: string,
): Suppression {
  return { group, durationMs, member: memberOf(id, first, preview(source.terms)) };
}

function preview(terms: Combination): string[] {
  return previewOf(terms.map(({ text }) => text));
}

/** A combination's terms as an item shows them to people. */
export function previewOf(texts: readonly string[]): string[] {
  return texts.map((text) => Buffer.from(text.slice(0, PREVIEW_BYTES)).toString("utf8", 0, PREVIEW_BYTES));
}
