import { emptyLedger, type Ledger } from "../detect/ledger.ts";
import type { Source, SuppressedBy } from "../detect/observe.ts";
import { type ReadOptions, readRecords } from "../detect/read.ts";
import { type RuleSet, ruleSet } from "../detect/rule-set.ts";
import type { EcsEvent } from "../ecs/json.ts";
import { type FieldPath, fieldPath } from "../ecs/path.ts";
import type { Observation } from "../history/sighting.ts";
import { normalise } from "../normalize/normalize.ts";
import type { RawShape } from "../normalize/raw-shape.ts";
import { advise } from "../rule/advice/advice.ts";
import { type Detector, type DetectorOptions, typesFor } from "../rule/detector.ts";
import { type Clock, recordedTime } from "../rule/event-time.ts";
import { loadRuleFiles } from "../rule/load.ts";
import { type Budget, RECORD_BUDGET } from "../stream/budget.ts";
import { type Delivery, deliveryOf } from "../stream/delivery.ts";
import { pieces } from "../stream/payload.ts";
import { add } from "./counts.ts";
import type { Block } from "./input/blocks.ts";

/** What looking at events depends on. Plain data: workers are given it. */
export interface ObserverSettings {
  readonly ruleFiles: readonly string[];
  /** The folder of exceptions; by default the one beside the rules. */
  readonly exceptions?: string;
  readonly clock?: Clock;
  readonly longValues?: NonNullable<DetectorOptions["longValues"]>;
  /** What an event counts as that says no time, epoch ms. */
  readonly now: number;
}

/** One combination that an event carried: small, so that millions can wait to be put in order. */
export interface Seen {
  /** Index of its rule. */
  readonly rule: number;
  readonly key: string;
  /** Epoch ms. */
  readonly at: number;
  readonly triggerId: string;
  readonly terms: readonly string[];
  readonly count: number;
  readonly source: string;
  readonly line: number;
  /** Of a rule that suppresses: the group that its finding is counted in, and how long a window of it is. */
  readonly suppression?: Pick<SuppressedBy, "key" | "durationMs">;
  /** The line as it stands: of a new combination the finding is made of it. */
  readonly text: string;
}

/** What a block of lines comes to. */
export interface Looked {
  readonly ledger: Ledger;
  readonly lines: number;
  readonly seen: readonly Seen[];
  readonly rejections: ReadonlyMap<string, number>;
  /** Events that came raw, by shape. */
  readonly rawShapes: ReadonlyMap<RawShape, number>;
  readonly untimed: number;
  /** By the rule's index. */
  readonly matched: readonly number[];
  readonly withoutTerms: readonly number[];
  /** By the rule's index and the exception's: matches that it hides. */
  readonly excepted: readonly (readonly number[])[];
  readonly missing: readonly ReadonlyMap<string, number>[];
  /** Of some lines that were read whole: which of the rules' fields they have, and their times, epoch ms. */
  readonly fields: ReadonlySet<string>;
  readonly times: readonly number[];
}

export interface Observer {
  readonly detectors: readonly Detector[];
  look(block: Block): Looked;
  /** The observation behind what was seen, with all that a finding is made of. */
  again(seen: Seen): Observation<Source>;
}

/** A stream's budget, but by counts alone: what a replay finds must not depend on how busy the machine is. */
const BUDGET: Budget = { ...RECORD_BUDGET, milliseconds: Number.POSITIVE_INFINITY };
/** Lines of a block of which all fields are looked at, while a source has not come farther than so many lines. */
const SAMPLED = 10;
const EARLY_LINES = 50_000;

/** @throws Error where a rule cannot run */
export function observer({ ruleFiles, exceptions, clock, longValues = "terms", now }: ObserverSettings): Observer {
  const options = { longValues, ...(exceptions === undefined ? {} : { exceptions }) };
  const { detectors: loaded, errors } = loadRuleFiles(ruleFiles, options);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  const stamps = loaded.map(({ rule }) => (clock === "arrival" ? () => undefined : recordedTime(rule, clock)));
  const detectors = loaded.map(
    (detector, index): Detector => ({
      ...detector,
      timeOf: (event, arrival) => stamps[index]?.(event) ?? arrival,
    }),
  );
  const rules = ruleSet(detectors);
  const indexes = new Map(detectors.map((detector, index) => [detector, index]));
  const indexOf = (detector: Detector) => indexes.get(detector) ?? -1;
  const readFields = new Map(
    detectors.flatMap(({ rule }) => fieldsOf(rule)).map((name) => [name, fieldPath(name)] as const),
  );

  return {
    detectors,

    look(block) {
      let untimed = 0;
      const delivery = linesOf(block, now);
      const matched = detectors.map(() => 0);
      const withoutTerms = detectors.map(() => 0);
      const excepted = detectors.map((detector) => detector.exceptions.map(() => 0));
      const missing = detectors.map(() => new Map<string, number>());
      const match = (index: number, event: EcsEvent) => {
        matched[index] = (matched[index] ?? 0) + 1;
        if (block.arrivals === undefined && stamps[index]?.(event) === undefined) untimed++;
      };
      const read = readAll(delivery, rules, {
        onMatch(detector, event, combinations) {
          const index = indexOf(detector);
          match(index, event);
          if (combinations > 0) return;
          withoutTerms[index] = (withoutTerms[index] ?? 0) + 1;
          for (const field of detector.missingTerms(event)) add(missing[index] ?? new Map(), field, 1);
        },
        onExcepted(detector, event, exception) {
          const index = indexOf(detector);
          match(index, event);
          const counts = excepted[index] ?? [];
          const number = detector.exceptions.indexOf(exception);
          counts[number] = (counts[number] ?? 0) + 1;
        },
      });
      const texts = new Map<number, string>();
      const textOf = (record: number) => {
        const text = texts.get(record) ?? delivery.record(record).bytes.toString();
        texts.set(record, text);
        return text;
      };
      const seen = read.observations.map((observation): Seen => {
        const { source, key, at, triggerId, count } = observation;
        return {
          ...{ rule: indexOf(source.detector), key, at, triggerId, count },
          terms: source.terms.map((term) => term.text),
          source: block.source,
          line: delivery.lineOf(source.record),
          text: textOf(source.record),
          ...(source.suppression === undefined ? {} : { suppression: groupOf(source.suppression) }),
        };
      });
      const { ledger, rejections, rawShapes } = read;
      const sample = sampleOf(block, delivery, readFields, stamps[0]);
      const byRule = { matched, withoutTerms, excepted, missing };
      return { ledger, lines: delivery.length, seen, rejections, rawShapes, untimed, ...byRule, ...sample };
    },

    again({ rule, key, triggerId, source, line, text, at }) {
      const detector = detectors[rule] as Detector;
      const record = { id: `${source}:${line}`, arrival: at, bytes: Buffer.from(text) };
      const { observations } = readAll(deliveryOf([record]), ruleSet([detector]));
      const found = observations.find((each) => each.key === key && each.triggerId === triggerId);
      if (found === undefined) throw new Error(`${source}:${line} is not what it was`);
      return found;
    },
  };
}

function groupOf({ key, durationMs }: SuppressedBy): NonNullable<Seen["suppression"]> {
  return { key, durationMs };
}

/** Fields by name that a rule reads. */
export function fieldsOf(rule: Detector["rule"]): string[] {
  return advise(rule, typesFor(rule.index)).fields.map(({ name }) => name);
}

interface Read {
  readonly ledger: Ledger;
  readonly observations: readonly Observation<Source>[];
  readonly rejections: Map<string, number>;
  readonly rawShapes: Map<RawShape, number>;
}

function readAll(delivery: Delivery, rules: RuleSet, told: Pick<ReadOptions, "onMatch" | "onExcepted"> = {}): Read {
  const ledger = emptyLedger();
  const observations: Observation<Source>[] = [];
  const rejections = new Map<string, number>();
  const rawShapes = new Map<RawShape, number>();
  const onRawShape = (shape: RawShape) => add(rawShapes, shape, 1);
  const ports = { now: () => 0, onError: () => {} };
  const without = { until: Number.POSITIVE_INFINITY, maxWaiting: Number.POSITIVE_INFINITY, budget: BUDGET };
  const options = { rules, ports, ledger, onRawShape, ...without, ...told };
  for (const reading of readRecords(delivery, options)) {
    for (const observation of reading.observations) observations.push(observation);
    for (const { entry } of reading.away) for (const { reason } of entry.rejected) add(rejections, reason, 1);
  }
  return { ledger, observations, rejections, rawShapes };
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The lines of a block as the records of a delivery: an empty one is none, and goes with its neighbour. */
interface Lines extends Delivery {
  /** The number of a record's line, 1-based. */
  lineOf(index: number): number;
}

function linesOf({ source, first, bytes, arrivals }: Block, now: number): Lines {
  const ends: number[] = [];
  /** Where lines are, by their records; the same as long as there are no empty ones. */
  let places: number[] | undefined;
  let line = 0;
  for (let from = 0; from < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (isEmpty(bytes, from, end)) places ??= Array.from(ends.keys());
    else {
      places?.push(line);
      ends.push(end);
    }
    from = end;
  }
  if (ends.length > 0) ends[ends.length - 1] = bytes.length;
  const placeOf = (index: number) => places?.[index] ?? index;
  return {
    length: ends.length,
    bytes,
    ends,
    lineOf: (index) => first + placeOf(index),
    record: (index) => ({
      id: `${source}:${first + placeOf(index)}`,
      arrival: arrivals?.[placeOf(index)] ?? now,
      bytes: bytes.subarray(ends[index - 1] ?? 0, ends[index]),
    }),
  };
}

function isEmpty(bytes: Buffer, from: number, end: number): boolean {
  return bytes[from] === NEWLINE || (bytes[from] === RETURN && from + 2 === end && bytes[from + 1] === NEWLINE);
}

/**
 * What some of the lines hold, whether a rule matches them or not: the first and the last of a block say when it was, and
 * of the first blocks of a source some more say which fields there are.
 */
function sampleOf(
  block: Block,
  delivery: Delivery,
  fields: ReadonlyMap<string, FieldPath>,
  stamp: ((event: EcsEvent) => number | undefined) | undefined,
): Pick<Looked, "fields" | "times"> {
  const found = new Set<string>();
  const times: number[] = [];
  const isEarly = block.first <= EARLY_LINES;
  const last = delivery.length - 1;
  const looked = new Set([...Array(Math.min(isEarly ? SAMPLED : 1, delivery.length)).keys(), last]);
  for (const index of looked) {
    if (index < 0) continue;
    for (const piece of pieces(delivery.record(index), { ...BUDGET })) {
      if (piece.kind !== "event") continue;
      const { event } = normalise(piece.event, piece.sender?.logGroup);
      const at = stamp?.(event);
      if (at !== undefined) times.push(at);
      if (!isEarly) continue;
      for (const [name, path] of fields) if (!found.has(name) && path.some(event, () => true)) found.add(name);
    }
  }
  return { fields: found, times };
}
