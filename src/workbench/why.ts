import type { JsonObject } from "../ecs/json.ts";
import { combinationKey } from "../history/key.ts";
import type { HistoryTable, Item } from "../history/table.ts";
import type { Detector } from "../rule/detector.ts";
import type { Decided } from "./decided.ts";

/** A combination that somebody asks about. */
export interface Asked {
  readonly detector: Detector;
  /** By the rule's new_terms fields, in their order. */
  readonly terms: readonly string[];
  readonly key: string;
}

/** What the table knows of a combination now. */
export interface Known {
  readonly state:
    | "never seen, or forgotten"
    | "pending"
    | "published"
    | "published, or in a closing message"
    | "learned";
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  /** Up to then a sighting is known; after it the combination is new again. */
  readonly knownUntil?: string;
  readonly attempts?: number;
}

/** One sighting of a combination, and what was decided. */
export interface Sighted {
  readonly at: string;
  readonly verdict: Decided["verdict"];
  /** Since the sighting before, as the history had it; ms. */
  readonly gapMs?: number;
  readonly source: string;
  readonly line: number;
}

/**
 * @param values by field name: one for each of the rule's new_terms fields
 * @throws Error in words for the user where they are not that
 */
export function asked(detector: Detector, values: ReadonlyMap<string, string>): Asked {
  const { new_terms, rule_id } = detector.rule;
  const fields = new_terms.value;
  const missing = fields.filter((field) => !values.has(field));
  const unknown = [...values.keys()].filter((name) => !fields.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    throw new Error(
      `the rule's combinations are of ${fields.join(", ")}: name each once, as in --term ${fields[0]}=VALUE`,
    );
  }
  // An event with these values makes the terms as the stream's events do.
  const { list } = detector.combinations(Object.fromEntries(values));
  const [terms] = list;
  if (terms === undefined) throw new Error(`no event can have these values: ${[...values.values()].join(", ")}`);
  return { detector, terms: terms.map(({ text }) => text), key: combinationKey(rule_id, fields, terms) };
}

/**
 * The combination that a finding is of.
 * @param finding as it was published
 * @throws Error in words for the user where it is of no single one, or of none that the rule can make now
 */
export function askedBy(detector: Detector, finding: JsonObject): Asked {
  const fields = detector.rule.new_terms.value;
  const terms = finding["kibana.alert.new_terms"];
  const { new_terms_fields: were = fields } = Object(finding["kibana.alert.rule.parameters"]) as JsonObject;
  if (finding["new_terms_stream.type"] === "overflow" || !Array.isArray(terms))
    throw new Error("the finding is of no one combination: it says that an event has too many, or nothing");
  if (finding["new_terms_stream.type"] === "suppression")
    throw new Error("it closes a window of alert suppression: say one of its combinations by --rule and --term");
  if (finding["new_terms_stream.long_terms"] !== undefined)
    throw new Error("the finding's terms are too long to stand in it whole: say them by --rule and --term");
  if (String(were) !== fields.join() || terms.length !== fields.length)
    throw new Error(`the finding is of ${String(were)}, and the rule's combinations are of ${fields.join()} now`);
  return asked(detector, new Map(fields.map((field, index) => [field, String(terms[index])])));
}

export async function known({ key, detector }: Asked, table: Pick<HistoryTable, "get">): Promise<Known> {
  const item = await table.get(key);
  if (item === undefined) return { state: "never seen, or forgotten" };
  const { firstSeen, lastSeen } = item;
  const isSuppressible = item.state === "D" && detector.suppressionOf !== undefined;
  return {
    state: isSuppressible ? "published, or in a closing message" : NAMES[item.state],
    firstSeen: iso(firstSeen),
    lastSeen: iso(lastSeen),
    knownUntil: iso(lastSeen + detector.rule.windowMs),
    ...(item.state === "P" ? { attempts: item.attempts } : {}),
  };
}

const NAMES: Readonly<Record<Item["state"], Known["state"]>> = { P: "pending", D: "published", L: "learned" };

export function sighted({ seen, verdict, previousSeen }: Decided): Sighted {
  const gap = previousSeen === undefined ? {} : { gapMs: seen.at - previousSeen };
  return { at: iso(seen.at), verdict, ...gap, source: seen.source, line: seen.line };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
