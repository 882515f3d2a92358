import { unhurried } from "../detect/deadline.ts";
import { decideParked } from "../detect/decide-parked.ts";
import { detect } from "../detect/detect.ts";
import { emptyLedger, imbalances, type Ledger } from "../detect/ledger.ts";
import { ruleCounts } from "../detect/rule-counts.ts";
import { ruleSet } from "../detect/rule-set.ts";
import { readParked } from "../history/parked.ts";
import { remembering } from "../history/remembering.ts";
import type { Detector } from "../rule/detector.ts";
import type { DetectConfig } from "../runtime/config.ts";
import { detectOptions, openHistory, openPublisher, openQuarantine } from "../runtime/ports.ts";
import { REDRIVE_BUDGET } from "../stream/budget.ts";
import { deliveryOf } from "../stream/delivery.ts";
import type { Quarantine } from "../stream/quarantine.ts";
import type { StreamRecord } from "../stream/record.ts";
import type { Redriven } from "./quarantine.ts";
import type { Message, Walk } from "./queue.ts";

/** The functions' own code at a desk, with time: what is put through is decided in the deployed table. */
export interface Desk {
  /**
   * Puts records through, under the identity and the arrival they had. Those older than history reaches make findings all
   * the same, which say that they may be repeats: better one too many than one lost.
   * @param sends true where what is no event goes to the quarantine queue; else its record counts as left
   * @returns indexes of the records that are left
   */
  put(records: readonly StreamRecord[], sends: boolean): Promise<ReadonlySet<number>>;
  /** Decides what a walk finds in the retry queue's dead-letter queue, and deletes it. */
  redriveParked(walk: Walk): Promise<Redriven>;
}

/** What a desk says, as it goes. */
export interface DeskReports {
  /** Of each round: how many records, what became of them, and of what is no event how much for which reason. */
  onRound(records: number, ledger: Ledger, rejected: ReadonlyMap<string, number>): void;
  onUndecided(recordId: string): void;
  /** Each kind of failure once. */
  onError(message: string): void;
}

const RECORDS = 500;
/** A claim's lease, should this process die: the sweeper takes over then. */
const LEASE_MS = 60_000;

export async function openDesk(
  config: DetectConfig,
  detectors: readonly Detector[],
  { onRound, onUndecided, onError: tell }: DeskReports,
): Promise<Desk> {
  const rules = ruleSet(detectors);
  const told = new Set<string>();
  const onError = (error: unknown) => {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (!told.has(message)) tell(message);
    told.add(message);
  };
  const life = () => undefined;
  const decision = {
    history: remembering(await openHistory(config, life)),
    known: new Map<string, number>(),
    publisher: openPublisher(config, life, onError),
    now: Date.now,
    onError,
  };
  const options = { ...detectOptions(config, decision.history), findsStale: true, budget: REDRIVE_BUDGET };
  const send = openQuarantine(config.QUARANTINE_QUEUE_URL, life, onError);

  async function round(records: readonly StreamRecord[], sends: boolean): Promise<number[]> {
    const rejected = new Map<string, number>();
    const quarantine: Quarantine = async (entries, signal) => {
      for (const { reason } of entries.flatMap((entry) => entry.rejected)) {
        rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
      }
      return sends ? send(entries, signal) : new Set(entries);
    };
    const deadline = unhurried(Date.now() + LEASE_MS);
    const delivery = deliveryOf(records);
    const { undecided, putAway, ledger } = await detect(
      delivery,
      rules,
      { ...decision, quarantine },
      deadline,
      options,
    );
    for (const index of undecided) onUndecided(records[index]?.id ?? "");
    for (const imbalance of imbalances(ledger)) onError(new Error(`the ledger does not balance: ${imbalance}`));
    onRound(records.length, ledger, rejected);
    return sends ? [...undecided] : [...undecided, ...putAway];
  }

  return {
    async put(records, sends) {
      const left = new Set<number>();
      for (let from = 0; from < records.length; from += RECORDS) {
        for (const index of await round(records.slice(from, from + RECORDS), sends)) left.add(from + index);
      }
      return left;
    },

    async redriveParked(walk) {
      const unreadable: string[] = [];
      let messages = 0;
      let deleted = 0;
      const parkedIn = ({ id, body }: Message) => {
        messages++;
        try {
          return [{ id, parked: readParked(body) }];
        } catch {
          unreadable.push(`message ${id}: none of the functions'`);
          return [];
        }
      };
      for await (const received of walk.messages()) {
        const ledger = emptyLedger();
        const read = received.flatMap(parkedIn);
        ledger.records = read.length;
        const all = read.map(({ parked }) => parked);
        const deadline = unhurried(Date.now() + LEASE_MS);
        const left = await decideParked(all, decision, deadline, { ledger, counts: ruleCounts() }, options);
        onRound(read.length, ledger, new Map());
        for (const { parked } of read) if (left.has(parked)) onUndecided(parked.triggerId);
        deleted += (await walk.remove(read.flatMap(({ id, parked }) => (left.has(parked) ? [] : [id])))).size;
      }
      return { messages, deleted, left: messages - deleted, unreadable };
    },
  };
}
