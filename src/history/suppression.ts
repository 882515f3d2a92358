import type { DeliverGates, DeliverOptions, Duty } from "./duty.ts";
import { OUT, type Suppression, type SuppressionTable } from "./suppression-window.ts";

// Alert suppression: the first finding of a group is published and opens a window; the others within it are counted into
// the window, which is an item of the outbox itself and is published when it is over. A window is known by the id of the
// finding that opened it.
//
// What becomes of a finding is written into its own item before it happens: `out`, or the window it goes into. Whoever
// holds the finding then, and however often, does the same. A window that was closed or is full never opens again, so
// only a finding that is not in it may go elsewhere.

const JOINED_AT_ONCE = 100;
/** A window waits so long after its end, by the wall clock: for shards that lag a little. */
export const SLACK_MS = 60_000;
/** So many may be lost before a finding is left to the sweeper. */
const LOST_RACES = 8;
/** Bytes of JSON of each term in a window. */
const TERM_BYTES = 80;

/** A finding as a window lists it: bounded, and the same whenever it is made. */
export function memberOf(findingId: string, seen: number, preview: readonly string[]): string {
  return JSON.stringify([findingId, seen, ...preview.map(cut)]);
}

/** Halved until it fits: what a sender writes may take six bytes for one as JSON. */
function cut(term: string): string {
  return Buffer.byteLength(JSON.stringify(term)) <= TERM_BYTES + 2 ? term : cut(term.slice(0, term.length / 2));
}

/** The suppression of a claim made now: where the group has a window, the finding goes into it. */
export async function withFate(
  suppression: Suppression,
  firstSeen: number,
  table: SuppressionTable,
): Promise<Suppression> {
  const current = await table.currentWindow(suppression.group);
  return current === undefined || firstSeen > current.end ? suppression : { ...suppression, fate: current.opener };
}

export interface Sorted {
  /** Findings to be published by themselves, windows, and whatever is not suppressed. */
  readonly due: readonly Duty[];
  /** Findings that are listed in a window. */
  readonly suppressed: readonly Duty[];
}

type Suppressible = Duty & { readonly suppression: Suppression };

/**
 * Decides of each claimed finding whether it is published or listed in a window, and lists it. What could not be decided
 * is in neither and stays pending: the sweeper does the same.
 */
export async function suppress(
  duties: readonly Duty[],
  { table, now, mayStart, onError }: DeliverOptions,
  { request, turn }: Pick<DeliverGates, "request" | "turn">,
): Promise<Sorted> {
  const due: Duty[] = [];
  const suppressed: Duty[] = [];
  for (const duty of duties) if (!isSuppressible(duty)) due.push(duty);
  const groups = Map.groupBy(duties.filter(isSuppressible), ({ suppression }) => suppression.group);
  await Promise.all(
    [...groups].map(async ([group, members]) => {
      try {
        await turn(group)(() => sortGroup(group, members));
      } catch (error) {
        onError(error);
      }
    }),
  );
  return { due, suppressed };

  async function sortGroup(group: string, members: readonly Suppressible[]): Promise<void> {
    const closed = new Set<string>();
    let open = members.toSorted((a, b) => a.firstSeen - b.firstSeen);
    // Of a backlog each may open a window, by two rounds.
    const rounds = LOST_RACES + 2 * members.length;
    for (let round = 0; round < rounds && open.length > 0 && mayStart(); round++) {
      const left = await enter(open, closed);
      if (left.length === 0) return;
      open = await assign(group, left, closed);
    }
  }

  /** Lists those whose window is known. @returns those that have none, or one that is closed without them */
  async function enter(open: readonly Suppressible[], closed: Set<string>): Promise<Suppressible[]> {
    const byFate = Map.groupBy(open, ({ suppression }) => suppression.fate);
    due.push(...(byFate.get(OUT) ?? []));
    const left = [...(byFate.get(undefined) ?? [])];
    for (const [opener, all] of byFate) {
      if (opener === undefined || opener === OUT) continue;
      for (let from = 0; from < all.length; from += JOINED_AT_ONCE) {
        const some = all.slice(from, from + JOINED_AT_ONCE);
        const names = some.map(({ suppression }) => suppression.member);
        if (!closed.has(opener) && (await request(() => table.join(opener, names)))) {
          suppressed.push(...some);
          continue;
        }
        closed.add(opener);
        const listed = new Set(await request(() => table.members(opener)));
        for (const duty of some) (listed.has(duty.suppression.member) ? suppressed : left).push(duty);
      }
    }
    return left.sort((a, b) => a.firstSeen - b.firstSeen);
  }

  /** Gives each the group's window, or opens one for the earliest of them. @returns them with their fates */
  async function assign(
    group: string,
    left: readonly Suppressible[],
    closed: ReadonlySet<string>,
  ): Promise<Suppressible[]> {
    const current = await request(() => table.currentWindow(group));
    const [first] = left;
    if (first === undefined) return [];
    const isOver = current === undefined || first.firstSeen > current.end || closed.has(current.opener);
    // The opener of the window itself may be among them: an earlier try got so far.
    const own = current && left.find(({ findingId }) => findingId === current.opener);
    if (isOver && own === undefined) {
      const { findingId: opener, firstSeen: start, outbox, suppression } = first;
      const end = start + suppression.durationMs;
      const due = Math.max(end, now() + suppression.durationMs) + SLACK_MS;
      await request(() => table.openWindow({ opener, start, end, due, outbox }));
      // Won or lost, the next round finds out with what the group has then.
      await request(() => table.succeed(group, current?.opener, { opener, end }));
      return [...left];
    }
    if (current === undefined) return [...left];
    const decided = left.map((duty) => {
      if (duty.findingId === current.opener) return written(duty, OUT);
      return closed.has(current.opener) || duty.firstSeen > current.end ? duty : written(duty, current.opener);
    });
    return (await Promise.all(decided)).flatMap((duty) => duty ?? []);
  }

  /** Writes a fate down. @returns the finding with the fate it has; nothing where it is pending no longer */
  async function written(duty: Suppressible, to: string): Promise<Suppressible | undefined> {
    const { key, findingId, suppression } = duty;
    const from = suppression.fate;
    if (await request(() => table.decideFate(key, { findingId, from, to }))) {
      return { ...duty, suppression: { ...suppression, fate: to } };
    }
    const item = await request(() => table.get(key));
    if (item?.state !== "P" || item.findingId !== findingId || item.suppression === undefined) return undefined;
    return { ...duty, suppression: item.suppression };
  }
}

function isSuppressible(duty: Duty): duty is Suppressible {
  return duty.suppression !== undefined;
}
