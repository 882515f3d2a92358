import { unhurried } from "../../detect/deadline.ts";
import { detect } from "../../detect/detect.ts";
import { ruleSet } from "../../detect/rule-set.ts";
import { ecsTypesWith, endpointTypes } from "../../ecs/catalogue.ts";
import { parseDate } from "../../ecs/iso-date.ts";
import type { EcsEvent, JsonValue } from "../../ecs/json.ts";
import { isLeaf, leafText } from "../../ecs/leaf.ts";
import { type FieldTypes, type Mapping, withNames } from "../../ecs/mapping.ts";
import { fieldPath } from "../../ecs/path.ts";
import { type Message, type Publisher, publishWith } from "../../finding/publisher.ts";
import { memoryTable } from "../../history/memory-table.ts";
import { sweep } from "../../history/sweep.ts";
import type { HistoryTable } from "../../history/table.ts";
import { type Detector, type DetectorOptions, detector } from "../../rule/detector.ts";
import type { Rule } from "../../rule/rule.ts";
import { beforeNow } from "../../rule/window.ts";
import { deliveryOf } from "../../stream/delivery.ts";
import type { Quarantine } from "../../stream/quarantine.ts";
import type { StreamRecord } from "../../stream/record.ts";
import { failed, type Outcome, PASSED } from "./case.ts";

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

interface ScenarioRule {
  readonly fields: readonly string[];
  readonly window: string;
  readonly query?: string;
  readonly exceptions?: readonly string[];
  readonly time_source?: "arrival" | "event";
  readonly timestamp_override?: string;
  readonly timestamp_override_fallback_disabled?: boolean;
  readonly learn_until?: string;
  readonly ignore_above?: number;
  readonly field_types?: Readonly<Record<string, string>>;
  readonly max_combinations?: number;
}

interface Step {
  readonly at: string;
  readonly op?: string;
  readonly events?: readonly EcsEvent[];
  readonly of?: number;
  readonly fault?: "crash_after_claim" | "crash_after_publish" | "sns_down" | "throttle";
}

type Expected = { readonly terms: readonly JsonValue[]; readonly event: string } | { readonly digest: unknown };

const LEASE_MS = 60_000;

const INGESTED = fieldPath("event.ingested");
const TIMESTAMP = fieldPath("@timestamp");

/** Plays the timeline through the same pipeline as the functions, over a history in memory. */
export async function runScenarioCase(scenario: ScenarioCase): Promise<Outcome> {
  const rule = scenarioDetector(scenario.rule);
  const rules = ruleSet([rule]);
  const history = memoryTable();
  const published: Message[] = [];
  let known = new Map<string, number>();
  let writes = 0;
  const deliveries: (readonly StreamRecord[])[] = [];

  for (const step of scenario.steps) {
    const now = Date.parse(step.at);
    switch (step.op ?? "deliver") {
      case "deliver":
      case "redeliver": {
        const records =
          step.op === "redeliver"
            ? (deliveries[step.of ?? 0] ?? [])
            : (step.events ?? []).map((event) => recordOf(event, now));
        deliveries.push(step.op === "redeliver" ? [] : records);
        await deliverOnce(records, now, step.fault);
        break;
      }
      case "backfill":
        deliveries.push([]);
        await backfill(step.events ?? [], now);
        break;
      case "sweep":
        await sweep({
          table: history,
          publish: publishWith(collector()),
          now: () => now,
          mayStart: () => true,
          onError: ignore,
        });
        break;
      case "ttl":
        history.expire(now);
        deliveries.push([]);
        break;
      case "cold_start":
        known = new Map();
        deliveries.push([]);
        break;
      default:
        return failed("a run of the scenario", `refused: step ${step.op} is not supported`);
    }
    if (step.op === "sweep") deliveries.push([]);
  }

  async function deliverOnce(records: readonly StreamRecord[], now: number, fault: Step["fault"]): Promise<void> {
    // A killed invocation is one that never hears back: whatever it awaited, nothing after it happens.
    const death = Promise.withResolvers<void>();
    const die = (): Promise<never> => {
      known = new Map();
      death.resolve();
      return new Promise(() => {});
    };
    const table: HistoryTable = {
      ...history,
      async claim(key, claim) {
        if (fault === "throttle") throw new Error("throttled");
        const outcome = await history.claim(key, claim);
        if (outcome.claimed) writes++;
        return outcome;
      },
      async refresh(key, seen) {
        const moved = await history.refresh(key, seen);
        if (moved) writes++;
        return moved;
      },
      async complete(key, done) {
        return fault === "crash_after_publish" ? die() : history.complete(key, done);
      },
    };
    const publisher: Publisher =
      fault === "sns_down"
        ? { publish: async () => new Set<string>() }
        : fault === "crash_after_claim"
          ? { publish: die }
          : collector();
    const ports = { history: table, known, publisher, quarantine: nowhere, now: () => now, onError: ignore };
    const deadline = unhurried(now + LEASE_MS - 2000);
    const learnUntil =
      scenario.rule.learn_until === undefined ? {} : { learnUntil: Date.parse(scenario.rule.learn_until) };
    await Promise.race([detect(deliveryOf(records), rules, ports, deadline, learnUntil), death.promise]);
  }

  /** Teaches the history events of an export, by the time they were ingested; what lies outside the window is no history. */
  async function backfill(events: readonly EcsEvent[], now: number): Promise<void> {
    const timed = events.map((event) => recordOf(event, ingestedAt(event) ?? Number.NaN));
    const records = timed.filter(({ arrival }) => arrival >= now - rule.rule.windowMs && arrival <= now);
    const ports = { history, known, publisher: collector(), quarantine: nowhere, now: () => now, onError: ignore };
    const deadline = unhurried(now + LEASE_MS);
    await detect(deliveryOf(records), rules, ports, deadline, { learnUntil: Number.POSITIVE_INFINITY });
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

function scenarioDetector(facts: ScenarioRule): Detector {
  const exceptions = (facts.exceptions ?? []).map((exception) => ` and not (${exception})`).join("");
  const rule: Rule = {
    rule_id: "scenario",
    name: "scenario",
    description: "",
    type: "new_terms",
    language: "kuery",
    query: `${facts.query ?? "*:*"}${exceptions}`,
    severity: "low",
    risk_score: 1,
    new_terms: {
      field: "new_terms_fields",
      value: [...facts.fields],
      history_window_start: [{ field: "history_window_start", value: `now-${facts.window}` }],
    },
    metadata: {},
    author: [],
    filters: [],
    severity_mapping: [],
    risk_score_mapping: [],
    from: "now-9m",
    interval: "5m",
    tags: [],
    references: [],
    false_positives: [],
    threat: [],
    timestamp_override: facts.timestamp_override,
    timestamp_override_fallback_disabled: facts.timestamp_override_fallback_disabled,
    path: "scenario",
    version: "",
    windowMs: beforeNow(`now-${facts.window}`) ?? 0,
  };
  const options: DetectorOptions = {
    types: scenarioTypes(facts),
    longValues: facts.ignore_above === undefined ? "terms" : "parity",
    timeSource: facts.time_source ?? "arrival",
    ...(facts.max_combinations === undefined ? {} : { maxCombinations: facts.max_combinations }),
  };
  return detector(rule, options);
}

function scenarioTypes({ field_types }: ScenarioRule): FieldTypes {
  const overrides = new Map<string, Mapping>(Object.entries(field_types ?? {}).map(([name, type]) => [name, { type }]));
  const typed = ecsTypesWith(overrides);
  return withNames((name) => (name.endsWith(".caseless") ? endpointTypes(name) : typed(name)), typed.names);
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
  const findings = [...distinct.values()].map((finding) => ({
    terms: finding["kibana.alert.new_terms"],
    event: (finding["kibana.alert.original_event.id"] as string) ?? "",
  }));
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

/** In any order: a timeline says which findings there are, not when each is published. */
function sorted(findings: readonly unknown[]): string[] {
  return findings.map((finding) => JSON.stringify(finding, ["terms", "event", "digest", "count"])).sort();
}
