import { type DeliverGates, type DeliverOptions, type Duty, deliverGates, dutyOf } from "./duty.ts";
import { type Gate, gate } from "./gate.ts";
import { deliver } from "./outbox.ts";
import type { Sighting } from "./sighting.ts";
import { withFate } from "./suppression.ts";
import { type Claim, type Item, type Learned, READ_LIMIT, type Reading } from "./table.ts";

/** Last seen by key, of settled items only: it can say *known*, and never *new*. */
export interface KnownCache {
  get(key: string): number | undefined;
  set(key: string, lastSeen: number): unknown;
}

export interface SettleOptions<Source> extends DeliverOptions {
  readonly known: KnownCache;
  /** End of the lease of a claim made now, epoch ms: soon after this invocation cannot be alive any more. */
  readonly leaseUntil: () => number;
  /** What to store of a sighting that only teaches the history; nothing for one that may become a finding. */
  readonly learns: (sighting: Sighting<Source>) => Lesson | undefined | Promise<Lesson | undefined>;
  /** Builds the finding, before the claim that stores it. */
  readonly seal: (sighting: Sighting<Source>, previousSeen: number | undefined) => Sealed | Promise<Sealed>;
  readonly counting?: Counting<Source> | undefined;
}

type Lesson = Pick<Learned, "ruleId" | "preview">;

/** Who counts beside, and is never waited for long. Nothing here rejects. */
export interface Counting<Source> {
  /** Told of sightings that may be new, before any of them is sealed. */
  look(sightings: readonly Sighting<Source>[]): Promise<void>;
  /** Told of those whose combination there was no item of, once there is. */
  count(sightings: readonly Sighting<Source>[]): Promise<void>;
}

/** What a claim holds beside what the sighting says. */
export type Sealed = Pick<Claim, "findingId" | "outbox" | "ruleId" | "preview" | "suppression">;

/** `new`: this sighting's finding is stored in the item, published or not. `undecided`: nothing is known. */
type Verdict = "known" | "new" | "learned" | "undecided";

interface Decision<Source> {
  readonly sighting: Sighting<Source>;
  readonly verdict: Verdict;
  /** For `new`: the topic has accepted the finding. */
  readonly published: boolean;
  /** For `new`: it is listed in a window of suppression instead. */
  readonly suppressed: boolean;
}

export interface Settlement<Source> {
  readonly decisions: readonly Decision<Source>[];
  readonly cacheHits: number;
  /** Findings of dead invocations, published for them. */
  readonly republished: number;
}

/** What one look at a sighting leads to; `again` once the duty is done. */
type Step =
  | {
      readonly verdict: Verdict;
      readonly duty?: Duty;
      /** There was no item of the combination, and now there is. */
      readonly isFirst?: boolean;
    }
  | { readonly verdict: "again"; readonly duty: Duty };

/** Claims of one sighting that may lose a race before it is left undecided. */
const CLAIM_ATTEMPTS = 4;
const UNDECIDED: Step = { verdict: "undecided" };
const KNOWN: Step = { verdict: "known" };
const HOUR_MS = 3_600_000;

/** How stale a stored last seen may get before it is worth a write. */
export function refreshStep(windowMs: number): number {
  return Math.min(HOUR_MS, windowMs / 168);
}

/** Groups of chains under way: so many times READ_LIMIT findings are in memory at most, sealed. */
const GROUPS = 10;
/** Of these, the ones that are being decided; the others wait for the topic. */
const DECIDED = 4;

/**
 * Decides each sighting: known, or new by one conditional write that also stores the finding, which is then published.
 * The sightings of a chain are decided in order, the chains side by side, in groups that begin in the order given; a
 * group waits for its place, and for no other's findings. A sighting that cannot be decided leaves the rest of its chain undecided too.
 */
export async function settle<Source>(
  chains: readonly (readonly Sighting<Source>[])[],
  options: SettleOptions<Source>,
): Promise<Settlement<Source>> {
  const decisions: Decision<Source>[] = [];
  const open: Sighting<Source>[][] = [];
  // What the cache knows needs no place in a group.
  for (const chain of chains) {
    const rest = [...chain];
    decisions.push(...takeCached(rest, options.known));
    if (rest.length > 0) open.push(rest);
  }
  let cacheHits = decisions.length;
  let republished = 0;

  const gates = { ...deliverGates(), decide: gate(DECIDED) };
  const begin = gate(GROUPS);
  const settlements = await Promise.all(groupsOf(open).map((group) => begin(() => settleGroup(group, options, gates))));
  for (const settlement of settlements) {
    for (const decision of settlement.decisions) decisions.push(decision);
    cacheHits += settlement.cacheHits;
    republished += settlement.republished;
  }
  return { decisions, cacheHits, republished };
}

function groupsOf<T>(chains: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(chains.length / READ_LIMIT) }, (_, index) =>
    chains.slice(index * READ_LIMIT, (index + 1) * READ_LIMIT),
  );
}

/**
 * Reads, claims, publishes and completes the heads of a group's chains, until no chain is left. Takes them away. While a
 * group publishes others are decided: claims do not wait for the topic.
 */
async function settleGroup<Source>(
  chains: readonly Sighting<Source>[][],
  options: SettleOptions<Source>,
  { decide: turn, ...gates }: DeliverGates & { readonly decide: Gate },
): Promise<Settlement<Source>> {
  const { known } = options;
  const decisions: Decision<Source>[] = [];
  let cacheHits = 0;
  let republished = 0;

  for (let open = chains; open.length > 0; open = open.filter(({ length }) => length > 0)) {
    const heads = open.flatMap(([head]) => head ?? []);
    const steps = await turn(() => decideHeads(heads, options, gates.request));
    const duties = [...steps.values()].flatMap(({ duty }) => duty ?? []);
    const firsts = heads.filter((head) => isFirst(steps.get(head)));
    const counted = options.mayStart() ? options.counting?.count(firsts) : undefined;
    const [{ published, completed, suppressed }] = await Promise.all([deliver(duties, options, gates), counted]);
    for (const { key, findingId, lastSeen } of duties) if (completed.has(findingId)) known.set(key, lastSeen);

    for (const chain of open) {
      const [head] = chain;
      const step = head === undefined ? undefined : steps.get(head);
      if (head === undefined || step === undefined) continue;
      const { verdict, duty } = step;
      const done = duty !== undefined && published.has(duty.findingId);
      if (done && verdict !== "new") republished++;
      // An older finding of the same combination was in the way; it is out now, so look again.
      if (verdict === "again" && duty !== undefined && completed.has(duty.findingId)) continue;
      const last = verdict === "again" || verdict === "undecided";
      for (const sighting of last ? chain.splice(0) : chain.splice(0, 1)) {
        const isSuppressed = duty !== undefined && suppressed.has(duty.findingId);
        decisions.push({ sighting, verdict: last ? "undecided" : verdict, published: done, suppressed: isSuppressed });
      }
      const cached = takeCached(chain, known);
      cacheHits += cached.length;
      decisions.push(...cached);
    }
  }
  return { decisions, cacheHits, republished };
}

function isFirst(step: Step | undefined): boolean {
  return step !== undefined && "isFirst" in step && step.isFirst === true;
}

/** Takes the sightings off a chain's beginning that the cache knows. */
function takeCached<Source>(chain: Sighting<Source>[], known: KnownCache): Decision<Source>[] {
  const next = chain.findIndex((sighting) => !isCached(sighting, known));
  const cached = chain.splice(0, next < 0 ? chain.length : next);
  return cached.map((sighting) => ({ sighting, verdict: "known", published: false, suppressed: false }));
}

/** Settled last seen answers for every event within the window before and one refresh step after it. */
function isCached<Source>({ key, first, last, windowMs }: Sighting<Source>, known: KnownCache): boolean {
  const lastSeen = known.get(key);
  return lastSeen !== undefined && first >= lastSeen - windowMs && last < lastSeen + refreshStep(windowMs);
}

async function decideHeads<Source>(
  heads: readonly Sighting<Source>[],
  options: SettleOptions<Source>,
  request: Gate,
): Promise<Map<Sighting<Source>, Step>> {
  const steps = new Map<Sighting<Source>, Step>();
  const readings = await request(async () =>
    options.mayStart() ? attempt(options, () => options.table.read(heads.map(({ key }) => key))) : undefined,
  );
  if (readings !== undefined && options.counting !== undefined) {
    const unknown = heads.filter((head) => {
      const reading = readings.get(head.key);
      return reading === undefined || !isKnownBy(reading, head);
    });
    if (unknown.length > 0) await options.counting.look(unknown);
  }
  const decisions = heads.map((head) =>
    request(async () => {
      const reading = readings?.get(head.key);
      const step = readings && (await attempt(options, () => decide(head, reading, options)));
      steps.set(head, step ?? UNDECIDED);
    }),
  );
  await Promise.all(decisions);
  return steps;
}

async function attempt<Source, T>({ onError }: SettleOptions<Source>, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** A read may be stale, and last seen only grows: it can confirm that a combination is known, and nothing else. */
function isKnownBy({ lastSeen }: Reading, { first, windowMs }: Sighting<unknown>): boolean {
  return lastSeen >= first - windowMs;
}

async function decide<Source>(
  sighting: Sighting<Source>,
  reading: Reading | undefined,
  options: SettleOptions<Source>,
): Promise<Step> {
  const { table, leaseUntil, mayStart, seal } = options;
  const { key, first, last, windowMs } = sighting;
  if (reading !== undefined && isKnownBy(reading, sighting)) {
    if (reading.state !== "P") return stillKnown(sighting, reading.lastSeen, options);
    if (await isInHand(sighting, reading, options)) return KNOWN;
  }
  const lesson = await options.learns(sighting);
  const isNone = reading === undefined;
  if (lesson !== undefined) {
    const learned = await table.learn(key, { ...lesson, lastSeen: last, windowMs });
    if (learned) options.known.set(key, last);
    else await table.refreshPending(key, last);
    return { verdict: "learned", isFirst: learned && isNone };
  }
  const sealed = await seal(sighting, reading?.lastSeen);
  const { suppression: plain } = sealed;
  const suppression = plain && (await withFate(plain, first, table));
  for (let count = 0; count < CLAIM_ATTEMPTS && mayStart(); count++) {
    const { triggerId } = sighting.observations[0];
    const claim = {
      ...sealed,
      suppression,
      triggerId,
      firstSeen: first,
      lastSeen: last,
      windowMs,
      leaseUntil: leaseUntil(),
    };
    const outcome = await table.claim(key, claim);
    if (outcome.claimed) return { verdict: "new", duty: dutyOf(key, claim), isFirst: isNone };
    const step = outcome.item === undefined ? undefined : await meet(outcome.item, sighting, claim, options);
    if (step !== undefined) return step;
  }
  return UNDECIDED;
}

/**
 * True where a finding is another event's, and somebody alive is at work on it: then the combination is known, and its
 * finding nobody else's business. An event's own finding it must meet by a claim, and so one whose lease has ended.
 */
async function isInHand<Source>(
  { key, last, windowMs, observations }: Sighting<Source>,
  { leaseUntil, triggerId, lastSeen }: Reading & { readonly state: "P" },
  { table, now }: SettleOptions<Source>,
): Promise<boolean> {
  if (!(leaseUntil > now()) || observations.some((own) => own.triggerId === triggerId)) return false;
  // Where the step is due and nothing is pending any more, last seen has not moved: the claim finds out what to do.
  return last - lastSeen < refreshStep(windowMs) || table.refreshPending(key, last);
}

/** What to do about the item that stood in a claim's way; nothing, and the claim is tried again, after a lost race. */
async function meet<Source>(
  item: Item,
  sighting: Sighting<Source>,
  { findingId }: Claim,
  options: SettleOptions<Source>,
): Promise<Step | undefined> {
  const { table, now } = options;
  const { key, first, last, windowMs, observations } = sighting;
  const isOlder = item.lastSeen < first - windowMs;
  if (item.state !== "P") return isOlder ? undefined : stillKnown(sighting, item.lastSeen, options);

  const keepSeen = async () => {
    if (last - item.lastSeen < refreshStep(windowMs)) return;
    // Its finding may have been completed since the claim met it.
    if (!(await table.refreshPending(key, last))) await table.refresh(key, { lastSeen: last, windowMs });
  };
  if (item.findingId === findingId) {
    // An earlier attempt of this very sighting: its finding is stored, and may or may not be out.
    await keepSeen();
    return { verdict: "new", duty: dutyOf(key, item) };
  }
  const isAbandoned = item.leaseUntil <= now() || observations.some(({ triggerId }) => triggerId === item.triggerId);
  if (!isOlder && !isAbandoned) {
    await keepSeen();
    return KNOWN;
  }
  const adopted = await table.takeOver(key, {
    findingId: item.findingId,
    seen: item.leaseUntil,
    until: options.leaseUntil(),
  });
  if (adopted === undefined) return undefined;
  if (isOlder) return { verdict: "again", duty: dutyOf(key, adopted) };
  await keepSeen();
  return { verdict: "known", duty: dutyOf(key, adopted) };
}

async function stillKnown<Source>(
  { key, last, windowMs }: Sighting<Source>,
  lastSeen: number,
  { table, known }: SettleOptions<Source>,
): Promise<Step> {
  const isDue = last - lastSeen >= refreshStep(windowMs);
  if (isDue) await table.refresh(key, { lastSeen: last, windowMs });
  known.set(key, isDue ? last : lastSeen);
  return KNOWN;
}
