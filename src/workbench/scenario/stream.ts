import { unhurried } from "../../detect/deadline.ts";
import { detect } from "../../detect/detect.ts";
import type { Ledger } from "../../detect/ledger.ts";
import type { RuleSet } from "../../detect/rule-set.ts";
import { type JsonObject, parseExact } from "../../ecs/json.ts";
import type { Message } from "../../finding/publisher.ts";
import { type MemoryTable, memoryTable } from "../../history/memory-table.ts";
import { deliveryOf } from "../../stream/delivery.ts";
import type { Rejection, StreamRecord } from "../../stream/record.ts";

/** A finding, as an expectation tells it. */
export interface Found {
  readonly terms: readonly string[];
  /** When its event counts, epoch ms. */
  readonly at: number;
  /** When the history had the combination last, epoch ms. */
  readonly previous?: number;
}

/** What a delivery came to. */
export interface Delivered {
  readonly ledger: Ledger;
  readonly findings: readonly Found[];
  readonly rejections: readonly Rejection[];
  /** What went wrong on the way: nothing should, in memory. */
  readonly errors: readonly unknown[];
}

/** A deployed rule in miniature: the functions' own pipeline, over a history in memory. */
export interface Stream {
  readonly history: MemoryTable;
  /** @param now wall clock of the delivery, epoch ms */
  deliver(records: readonly StreamRecord[], now: number): Promise<Delivered>;
  /** Forgets what a process remembers, and keeps the history. */
  restart(): void;
}

const LEASE_MS = 58_000;

export function streamOf(rules: RuleSet, learnUntil: number | undefined): Stream {
  const history = memoryTable();
  const known = new Map<string, number>();
  return {
    history,
    restart: () => known.clear(),
    async deliver(records, now) {
      const published = new Map<string, Message>();
      const rejections: Rejection[] = [];
      const errors: unknown[] = [];
      // What DynamoDB does in its own time is done at once: what a test relies on then does not depend on when.
      history.expire(now);
      const { ledger } = await detect(
        deliveryOf(records),
        rules,
        {
          history,
          known,
          publisher: {
            async publish(messages) {
              for (const message of messages) published.set(message.findingId, message);
              return new Set(messages.map(({ findingId }) => findingId));
            },
          },
          async quarantine(entries) {
            for (const { rejected } of entries) rejections.push(...rejected.map(({ reason }) => reason));
            return new Set(entries);
          },
          now: () => now,
          onError: (error) => errors.push(error),
        },
        unhurried(now + LEASE_MS),
        learnUntil === undefined ? {} : { learnUntil },
      );
      return { ledger, findings: [...published.values()].map(foundOf), rejections, errors };
    },
  };
}

function foundOf({ body }: Message): Found {
  const finding = parseExact(body) as JsonObject;
  const terms = finding["kibana.alert.new_terms"];
  const previous = finding["new_terms_stream.previous_seen"];
  return {
    at: Date.parse(String(finding["new_terms_stream.first_seen"])),
    terms: Array.isArray(terms) ? terms.map((term) => (typeof term === "string" ? term : JSON.stringify(term))) : [],
    ...(typeof previous === "string" ? { previous: Date.parse(previous) } : {}),
  };
}
