import { gzipSync } from "node:zlib";
import type { JsonObject } from "../ecs/json.ts";
import { isObject, parseExact, sendableJson } from "../ecs/json.ts";
import {
  type CombinationFacts,
  type EventFacts,
  type Finding,
  type FindingFacts,
  isoTime,
  ownPart,
  SUPPRESSION_TERMS,
  sharedPart,
  TRUNCATED,
  whyFields,
} from "./document.ts";
import { type Fragment, fragmentOf, withoutFragment } from "./fragment.ts";
import { pack, unpack } from "./pack.ts";
import { type Trimmed, trimmings } from "./trim.ts";
import { namesIn, type WhyFacts } from "./why.ts";

/** Largest message body, UTF-8 bytes: well under SNS's 256 KiB, which attributes share. */
export const BODY_LIMIT = 200 * 1024;
/** Largest stored finding, compressed: a new combination pays a write unit for each KiB, twice. */
const OUTBOX_LIMIT = 32 * 1024;
/** What the bodies of one event may come to, UTF-8 bytes, as far as LEAST_LIMIT lets them. */
const EVENT_LIMIT = 10 * BODY_LIMIT;
/** A body may always be as large as this, UTF-8 bytes: the rule and the core of the event go in. */
const LEAST_LIMIT = 16 * 1024;
/** More than a finding's own part takes beside its terms, UTF-8 bytes. */
const OWN_ROOM = 2048;

const UNREADABLE = "the event, which could not be made into a finding";

/**
 * Seals the finding of one combination: its one and only body, compressed, as the history stores it. Never throws.
 * @param isKept true where the rule's fragment is in the history, and need not be in the finding
 */
export type Seal = (own: CombinationFacts, isKept?: boolean) => Uint8Array;

/**
 * Seals the findings that one rule makes of one event. What they share is built and trimmed once, when the first is
 * sealed, and let go when the last is.
 *
 * A body depends on nothing but its facts and the number of combinations, so it is the same at each redelivery; and what
 * is left out of it does not depend on `now`, `previousSeen`, `repeat` and why it is new, which may differ.
 * @param combinations how many findings the event can make: the more, the smaller each must be, so that together they
 * stay about 2 MB, or 16 KiB each
 */
export function findingSealer(event: EventFacts, combinations: number): Seal {
  const limit = Math.max(LEAST_LIMIT, Math.min(BODY_LIMIT, Math.floor(EVENT_LIMIT / Math.max(1, combinations))));
  let prepared: Prepared | undefined;
  let names: readonly (string | undefined)[] = [];
  let sealed = 0;
  return (own, isKept = false) => {
    const facts = { ...own, rule: event.rule, arrival: event.arrival, isKept };
    try {
      if (prepared === undefined) {
        names = namesIn(event.event, event.rule.new_terms.value);
        prepared = prepare(event, limit);
      }
      return sealWith(prepared, facts, limit, names);
    } catch {
      // Nothing that an event holds is known to come here. Should something, a shard must not stop at it.
      return sealWith(prepare({ ...event, event: {} }, limit), facts, limit, [], [UNREADABLE]);
    } finally {
      sealed = (sealed + 1) % Math.max(1, combinations);
      if (sealed === 0) prepared = undefined;
    }
  };
}

/** The only finding of its event and rule, sealed. */
export function sealFinding(facts: FindingFacts, isKept = false): Uint8Array {
  return findingSealer(facts, 1)(facts, isKept);
}

/** What was sealed: the body to publish, but for a fragment that it may name. */
export function openFinding(sealed: Uint8Array): string {
  return unpack(sealed, BODY_LIMIT);
}

/**
 * A sealed finding with why it is new, where that was not known when it was sealed. Never throws: what cannot be opened, or
 * would be too large, stays as it is.
 */
export function withWhy(sealed: Uint8Array, facts: Omit<WhyFacts, "names">): Uint8Array {
  const { fields, previousSeen, historySince, values } = facts;
  if (historySince === undefined && values === undefined) return sealed;
  try {
    const body = openFinding(sealed);
    const finding = parseExact(body);
    if (!isObject(finding)) return sealed;
    const more = {
      ...(previousSeen === undefined ? {} : { "new_terms_stream.previous_seen": isoTime(previousSeen) }),
      ...whyFields({ ...facts, names: namesIn(finding, fields) }),
    };
    const whole = `${body.slice(0, -1)},${sendableJson(more).slice(1)}`;
    return Buffer.byteLength(whole) > BODY_LIMIT ? sealed : pack(whole);
  } catch {
    return sealed;
  }
}

/** A trimming with what it takes, UTF-8 bytes. */
interface Measured extends Trimmed {
  /** The shared part with the rule's fragment named in its place, if it holds it whole. */
  readonly named: Finding;
  readonly bytes: number;
  /** Compressed; counted when it is first asked for. */
  readonly stored: () => number;
}

/** The nth of the trimmings that may fit, from the whole to the least. */
type Prepared = (index: number) => Measured | undefined;

function prepare(facts: EventFacts, limit: number): Prepared {
  const fragment = fragmentOf(facts.rule);
  const smaller = trimmings(sharedPart(facts));
  const made: Measured[] = [];
  return (index) => {
    while (made.length <= index) {
      const { value: next, done } = smaller.next();
      if (done === true) return undefined;
      const measured = measure(next, fragment);
      if (measured.bytes <= limit || next.isLeast) made.push(measured);
    }
    return made[index];
  };
}

function measure(trimming: Trimmed, fragment: Fragment | undefined): Measured {
  const named = fragment === undefined ? trimming.shared : withoutFragment(trimming.shared, fragment);
  const left = named === trimming.shared ? 0 : (fragment?.saves ?? 0);
  let stored: number | undefined;
  return {
    ...trimming,
    named,
    bytes: Buffer.byteLength(sendableJson(named)) + left,
    stored() {
      // By gzip, as ever: what is left out of a body must not change with how it is stored.
      stored ??= gzipSync(sendableJson(trimming.shared)).length;
      return stored;
    },
  };
}

/** The first trimming that fits with the finding's own part, or the least. */
function sealWith(
  prepared: Prepared,
  facts: CombinationFacts & Pick<EventFacts, "rule" | "arrival"> & { readonly isKept: boolean },
  limit: number,
  names: readonly (string | undefined)[],
  missing: readonly string[] = [],
): Uint8Array {
  for (let index = 0; ; index++) {
    const trimming = prepared(index);
    if (trimming === undefined) throw new Error("the least finding was passed over");
    const { shared, named, isLeast } = trimming;
    const truncated = [...missing, ...trimming.truncated];
    const own = ownPart(facts, String(shared["kibana.alert.reason"]), trimming.termLength, names);
    const room = OWN_ROOM + bytesOfTerms(own);
    if (!isLeast && !fits(trimming, room, limit)) continue;
    const flag = truncated.length === 0 ? {} : { [TRUNCATED]: truncated };
    const sealed = pack(sendableJson({ ...(facts.isKept ? named : shared), ...own, ...flag }));
    if (isLeast || sealed.length <= OUTBOX_LIMIT) return sealed;
  }
}

/** Counts a compressed own part as if it did not compress, and compresses only what could be too large. */
function fits({ bytes, stored }: Measured, room: number, limit: number): boolean {
  if (bytes + room > limit) return false;
  return bytes + room <= OUTBOX_LIMIT || stored() + room <= OUTBOX_LIMIT;
}

function bytesOfTerms(own: JsonObject): number {
  const terms = ["kibana.alert.new_terms", "new_terms_stream.long_terms", SUPPRESSION_TERMS];
  return Buffer.byteLength(sendableJson(terms.map((key) => own[key] ?? null)));
}
