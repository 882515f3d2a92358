import { type Duty, deliver, inParallel, type Publish } from "./outbox.ts";
import type { Sighting } from "./sighting.ts";
import {
  type Claim,
  type HistoryTable,
  type Item,
  type Learned,
  type Pending,
  READ_LIMIT,
  type Reading,
} from "./table.ts";

/** Last seen by key, of settled items only: it can say *known*, and never *new*. */
export interface KnownCache {
  get(key: string): number | undefined;
  set(key: string, lastSeen: number): unknown;
}

export interface SettleOptions<Source> {
  readonly table: HistoryTable;
  readonly known: KnownCache;
  readonly publish: Publish;
  readonly now: () => number;
  /** End of the lease of a claim made now, epoch ms: soon after this invocation cannot be alive any more. */
  readonly leaseUntil: () => number;
  /** False once too little of the invocation's time is left to begin a claim. */
  readonly mayStart: () => boolean;
  /** What to store of a sighting that only teaches the history; nothing for one that may become a finding. */
  readonly learns: (sighting: Sighting<Source>) => Pick<Learned, "ruleId" | "preview"> | undefined;
  /** Builds the finding, before the claim that stores it. */
  readonly seal: (sighting: Sighting<Source>, previousSeen: number | undefined) => Sealed;
  readonly onError: (error: unknown) => void;
}

/** What a claim holds beside what the sighting says. */
export type Sealed = Pick<Claim, "findingId" | "outbox" | "ruleId" | "ruleVersion" | "preview">;

/** `new`: this sighting's finding is stored in the item, published or not. `undecided`: nothing is known. */
type Verdict = "known" | "new" | "learned" | "undecided";

interface Decision<Source> {
  readonly sighting: Sighting<Source>;
  readonly verdict: Verdict;
  /** For `new`: the topic has accepted the finding. */
  readonly published: boolean;
}

export interface Settlement<Source> {
  readonly decisions: readonly Decision<Source>[];
  readonly cacheHits: number;
  /** Findings of dead invocations, published for them. */
  readonly republished: number;
}

/** What one look at a sighting leads to; `again` once the duty is done. */
type Step = { readonly verdict: Verdict; readonly duty?: Duty } | { readonly verdict: "again"; readonly duty: Duty };

/** Claims of one sighting that may lose a race before it is left undecided. */
const CLAIM_ATTEMPTS = 4;
const UNDECIDED: Step = { verdict: "undecided" };
const KNOWN: Step = { verdict: "known" };
const HOUR_MS = 3_600_000;

/** How stale a stored last seen may get before it is worth a write. */
export function refreshStep(windowMs: number): number {
  return Math.min(HOUR_MS, windowMs / 168);
}

/**
 * Decides each sighting: known, or new by one conditional write that also stores the finding, which is then published.
 * The sightings of a chain are decided in order, the chains side by side. A sighting that cannot be decided leaves the
 * rest of its chain undecided too.
 */
export async function settle<Source>(
  chains: readonly (readonly Sighting<Source>[])[],
  options: SettleOptions<Source>,
): Promise<Settlement<Source>> {
  const { table, known, publish, now, onError } = options;
  const decisions: Decision<Source>[] = [];
  let cacheHits = 0;
  let republished = 0;
  let open = chains.map((chain) => [...chain]);

  for (; open.length > 0; open = open.filter((chain) => chain.length > 0)) {
    const heads: Sighting<Source>[] = [];
    for (const chain of open) {
      const [head] = chain;
      if (head === undefined) continue;
      if (isCached(head, known)) {
        cacheHits++;
        chain.shift();
        decisions.push({ sighting: head, verdict: "known", published: false });
      } else heads.push(head);
    }

    const steps = await decideAll(heads, options);
    const duties = [...steps.values()].flatMap(({ duty }) => duty ?? []);
    const { published, completed } = await deliver(duties, publish, table, now, onError);
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
        decisions.push({ sighting, verdict: last ? "undecided" : verdict, published: done });
      }
    }
  }
  return { decisions, cacheHits, republished };
}

/** Settled last seen answers for every event within the window before and one refresh step after it. */
function isCached<Source>({ key, first, last, windowMs }: Sighting<Source>, known: KnownCache): boolean {
  const lastSeen = known.get(key);
  return lastSeen !== undefined && first >= lastSeen - windowMs && last < lastSeen + refreshStep(windowMs);
}

async function decideAll<Source>(
  sightings: readonly Sighting<Source>[],
  options: SettleOptions<Source>,
): Promise<Map<Sighting<Source>, Step>> {
  const steps = new Map<Sighting<Source>, Step>();
  for (let from = 0; from < sightings.length; from += READ_LIMIT) {
    const group = sightings.slice(from, from + READ_LIMIT);
    const readings = options.mayStart()
      ? await attempt(options, () => options.table.read(group.map(({ key }) => key)))
      : undefined;
    await inParallel(group, async (sighting) => {
      const step =
        readings === undefined
          ? undefined
          : await attempt(options, () => decide(sighting, readings.get(sighting.key), options));
      steps.set(sighting, step ?? UNDECIDED);
    });
  }
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

async function decide<Source>(
  sighting: Sighting<Source>,
  reading: Reading | undefined,
  options: SettleOptions<Source>,
): Promise<Step> {
  const { table, leaseUntil, mayStart, seal } = options;
  const { key, first, last, windowMs } = sighting;
  // A read may be stale, and last seen only grows: it can confirm that the combination is known, and nothing else.
  if (reading !== undefined && reading.state !== "P" && reading.lastSeen >= first - windowMs) {
    return stillKnown(sighting, reading.lastSeen, options);
  }
  const lesson = options.learns(sighting);
  if (lesson !== undefined) {
    const learned = await table.learn(key, { ...lesson, lastSeen: last, windowMs });
    if (!learned) await table.refreshPending(key, last);
    return { verdict: "learned" };
  }
  const sealed = seal(sighting, reading?.lastSeen);
  for (let count = 0; count < CLAIM_ATTEMPTS && mayStart(); count++) {
    const { triggerId } = sighting.observations[0];
    const claim = { ...sealed, triggerId, firstSeen: first, lastSeen: last, windowMs, leaseUntil: leaseUntil() };
    const outcome = await table.claim(key, claim);
    if (outcome.claimed) return { verdict: "new", duty: { key, ...claim } };
    const step = outcome.item === undefined ? undefined : await meet(outcome.item, sighting, claim, options);
    if (step !== undefined) return step;
  }
  return UNDECIDED;
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
    if (last - item.lastSeen >= refreshStep(windowMs)) await table.refreshPending(key, last);
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

function dutyOf(key: string, { findingId, outbox, windowMs, lastSeen }: Pending): Duty {
  return { key, findingId, outbox, windowMs, lastSeen };
}
