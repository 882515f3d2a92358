import { unhurried } from "../../detect/deadline.ts";
import { detect } from "../../detect/detect.ts";
import { ruleSet } from "../../detect/rule-set.ts";
import { parseDate } from "../../ecs/iso-date.ts";
import type { EcsEvent, JsonValue } from "../../ecs/json.ts";
import { isLeaf, leafText } from "../../ecs/leaf.ts";
import { fieldPath } from "../../ecs/path.ts";
import { type Message, type Publisher, publishWith } from "../../finding/publisher.ts";
import { memoryTable } from "../../history/memory-table.ts";
import { sweep } from "../../history/sweep.ts";
import type { HistoryTable } from "../../history/table.ts";
import { deliveryOf } from "../../stream/delivery.ts";
import type { Quarantine } from "../../stream/quarantine.ts";
import type { StreamRecord } from "../../stream/record.ts";
import { failed, type Outcome, PASSED } from "./case.ts";
import { withRefreshStep } from "./refresh-step.ts";
import { notPlayed, type ScenarioRule, scenarioDetector } from "./scenario-rule.ts";
import { inTurns, type Turn } from "./turns.ts";

/** A case of scenarios.jsonl: a timeline of deliveries, and the findings that must come of it. */
export interface ScenarioCase {
  readonly rule: ScenarioRule;
  readonly steps: readonly Step[];
  readonly expect: readonly Expected[];
  /** Publications, repeats included. */
  readonly published?: number;
  readonly pending?: number;
  /** Claims and refreshes that took effect. */
  readonly writes?: number;
}

interface Step {
  readonly at: string;
  readonly op?: string;
  readonly events?: readonly EcsEvent[];
  /** `redeliver`: the step whose records come again, */
  readonly of?: number;
  /** from this one on, as after a partial failure. */
  readonly from?: number;
  /** `parallel`: what is delivered to each of several processes at once, */
  readonly batches?: readonly (readonly EcsEvent[])[];
  /** whose calls to the world are taken in this order, over and over; default one each, in turn. */
  readonly order?: readonly number[];
  /** `edit`: what changes of the rule, which is deployed anew over the same history. */
  readonly rule?: Partial<ScenarioRule>;
  readonly fault?: "crash_after_claim" | "crash_after_publish" | "sns_down" | "throttle";
}

type Expected =
  | { readonly terms: readonly JsonValue[]; readonly event: string }
  | { readonly digest: unknown }
  | Closing;

/** A message that closes a window of alert suppression. */
interface Closing {
  /** Event of the finding that opened it. */
  readonly closes: string;
  /** Values of the group_by fields. */
  readonly group: readonly (readonly JsonValue[] | null)[];
  /** Combinations that it lists, in order of time. */
  readonly suppressed: readonly (readonly string[])[];
  readonly start: string;
  readonly end: string;
}

const LEASE_MS = 60_000;

const INGESTED = fieldPath("event.ingested");
const TIMESTAMP = fieldPath("@timestamp");

const alone: Turn = (call) => call();

/** Plays the timeline through the same pipeline as the functions, over a history in memory. */
export async function runScenarioCase(scenario: ScenarioCase): Promise<Outcome> {
  let facts = scenario.rule;
  const history = memoryTable();
  const published: Message[] = [];
  let known = new Map<string, number>();
  let writes = 0;
  /** Each step's records, for those that come again. */
  const delivered: (readonly StreamRecord[])[] = [];

  for (const step of scenario.steps) {
    const edited = { ...facts, ...step.rule };
    const left = notPlayed(edited);
    if (left !== undefined) return failed("a run of the scenario", `refused: ${left}`);
    const now = Date.parse(step.at);
    const records = recordsOf(step, now);
    switch (step.op ?? "deliver") {
      case "deliver":
        await deliverOnce(records, now, step.fault, known, alone);
        break;
      case "redeliver":
        await deliverOnce((delivered[step.of ?? 0] ?? []).slice(step.from ?? 0), now, step.fault, known, alone);
        break;
      case "parallel": {
        const batches = (step.batches ?? []).map((events) => events.map((event) => recordOf(event, now)));
        await inTurns(
          batches.map((batch) => (turn) => deliverOnce(batch, now, step.fault, new Map(known), turn)),
          step.order ?? [...batches.keys()],
        );
        break;
      }
      case "edit":
        facts = edited;
        known = new Map();
        break;
      case "backfill":
        await backfill(step.events ?? [], now);
        break;
      case "sweep":
        await sweep({
          table: history,
          publish: publishWith(collector(), history),
          now: () => now,
          mayStart: () => true,
          onError: ignore,
        });
        break;
      case "ttl":
        history.expire(now);
        break;
      case "cold_start":
        known = new Map();
        break;
      default:
        return failed("a run of the scenario", `refused: step ${step.op} is not supported`);
    }
    delivered.push(records);
  }

  /** One invocation, whose every call to the world waits for its turn. */
  async function deliverOnce(
    records: readonly StreamRecord[],
    now: number,
    fault: Step["fault"],
    cache: Map<string, number>,
    turn: Turn,
  ): Promise<void> {
    const rule = scenarioDetector(facts);
    // A killed invocation is one that never hears back: whatever it awaited, nothing after it happens.
    const death = Promise.withResolvers<void>();
    const die = (): Promise<never> => {
      known = new Map();
      death.resolve();
      return new Promise(() => {});
    };
    const counted: HistoryTable = {
      ...history,
      read: (keys) => turn(() => history.read(keys)),
      get: (key) => turn(() => history.get(key)),
      async claim(key, claim) {
        if (fault === "throttle") throw new Error("throttled");
        const outcome = await turn(() => history.claim(key, claim));
        if (outcome.claimed) writes++;
        return outcome;
      },
      async refresh(key, seen) {
        const moved = await turn(() => history.refresh(key, seen));
        if (moved) writes++;
        return moved;
      },
      refreshPending: (key, lastSeen) => turn(() => history.refreshPending(key, lastSeen)),
      takeOver: (key, lease) => turn(() => history.takeOver(key, lease)),
      learn: (key, learned) => turn(() => history.learn(key, learned)),
      complete: (key, done) => (fault === "crash_after_publish" ? die() : turn(() => history.complete(key, done))),
    };
    const publisher: Publisher =
      fault === "sns_down"
        ? { publish: async () => new Set<string>() }
        : fault === "crash_after_claim"
          ? { publish: die }
          : { publish: (messages) => turn(() => collector().publish(messages)) };
    const stepped = withRefreshStep({ history: counted, known: cache }, rule.rule.windowMs, facts.refresh);
    const ports = { ...stepped, publisher, quarantine: nowhere, now: () => now, onError: ignore };
    const deadline = unhurried(now + LEASE_MS - 2000);
    const learnUntil = facts.learn_until === undefined ? {} : { learnUntil: Date.parse(facts.learn_until) };
    await Promise.race([detect(deliveryOf(records), ruleSet([rule]), ports, deadline, learnUntil), death.promise]);
  }

  /** Teaches the history events of an export, by the time they were ingested; what lies outside the window is no history. */
  async function backfill(events: readonly EcsEvent[], now: number): Promise<void> {
    const rule = scenarioDetector(facts);
    const timed = events.map((event) => recordOf(event, ingestedAt(event) ?? Number.NaN));
    const records = timed.filter(({ arrival }) => arrival >= now - rule.rule.windowMs && arrival <= now);
    const ports = { history, known, publisher: collector(), quarantine: nowhere, now: () => now, onError: ignore };
    const deadline = unhurried(now + LEASE_MS);
    await detect(deliveryOf(records), ruleSet([rule]), ports, deadline, { learnUntil: Number.POSITIVE_INFINITY });
  }

  function collector(): Publisher {
    return {
      async publish(messages) {
        published.push(...messages);
        return new Set(messages.map(({ findingId }) => findingId));
      },
    };
  }

  const pending = [...history.items.values()].filter(({ state }) => state === "P").length;
  return compare(scenario, { published, pending, writes });
}

function ignore(): void {}

/** What a step brings for the first time. */
function recordsOf({ op = "deliver", events = [], batches = [] }: Step, now: number): StreamRecord[] {
  const all = op === "deliver" ? events : op === "parallel" ? batches.flat() : [];
  return all.map((event) => recordOf(event, now));
}

const nowhere: Quarantine = async () => new Set();

function ingestedAt(event: EcsEvent): number | undefined {
  for (const path of [INGESTED, TIMESTAMP]) {
    const [stamp] = path.values(event);
    const time = stamp === undefined || stamp === null || !isLeaf(stamp) ? undefined : parseDate(leafText(stamp));
    if (time !== undefined) return time;
  }
  return undefined;
}

function recordOf({ _id, _arrival, _visible: _, ...event }: EcsEvent, now: number): StreamRecord {
  const withId = { ...event, event: { id: _id ?? "", ...(event["event"] as object | undefined) } };
  return {
    id: `scenario:${String(_id)}`,
    arrival: typeof _arrival === "string" ? Date.parse(_arrival) : now,
    bytes: Buffer.from(JSON.stringify(withId)),
  };
}

interface Actual {
  readonly published: readonly Message[];
  readonly pending: number;
  readonly writes: number;
}

function compare(scenario: ScenarioCase, { published, pending, writes }: Actual): Outcome {
  const distinct = new Map(
    published.map(({ findingId, body }) => [findingId, JSON.parse(body) as Record<string, unknown>]),
  );
  const eventOf = (finding: Record<string, unknown> | undefined) =>
    (finding?.["kibana.alert.original_event.id"] as string | undefined) ?? "";
  const findings = [...distinct.values()].map((finding) => {
    const window = finding["new_terms_stream.suppressed"] as Window | undefined;
    if (window === undefined) return { terms: finding["kibana.alert.new_terms"], event: eventOf(finding) };
    return {
      closes: eventOf(distinct.get(window.of)),
      group: (finding["kibana.alert.suppression.terms"] as readonly { readonly value: unknown }[]).map(
        ({ value }) => value,
      ),
      suppressed: window.combinations.map(({ terms }) => terms),
      start: finding["kibana.alert.suppression.start"],
      end: finding["kibana.alert.suppression.end"],
    };
  });
  const actual = {
    findings: sorted(findings),
    ...(scenario.published === undefined ? {} : { published: published.length }),
    ...(scenario.pending === undefined ? {} : { pending }),
    ...(scenario.writes === undefined ? {} : { writes }),
  };
  const expected = {
    findings: sorted(scenario.expect),
    ...(scenario.published === undefined ? {} : { published: scenario.published }),
    ...(scenario.pending === undefined ? {} : { pending: scenario.pending }),
    ...(scenario.writes === undefined ? {} : { writes: scenario.writes }),
  };
  return JSON.stringify(actual) === JSON.stringify(expected) ? PASSED : failed(expected, actual);
}

interface Window {
  readonly of: string;
  readonly combinations: readonly { readonly terms: readonly string[] }[];
}

const KEYS = ["terms", "event", "digest", "count", "closes", "group", "suppressed", "start", "end"];

/** In any order: a timeline says which findings there are, not when each is published. */
function sorted(findings: readonly unknown[]): string[] {
  return findings.map((finding) => JSON.stringify(finding, KEYS)).sort();
}
