import { isWindowKey } from "../history/key.ts";
import { OUTBOX_PARTITIONS, type OutboxEntry, PENDING_PAGE } from "../history/table.ts";
import { ageText } from "./age.ts";
import { answered } from "./answer.ts";
import { judged, type Look } from "./check.ts";
import type { Clients } from "./clients.ts";
import { historyAt } from "./history.ts";

/** The sweeper adopts what is due each minute: what is due for longer, nobody looks after. */
const OVERDUE_MS = 3 * 60_000;
/** The lease of a finding that was adopted three times, which is out for longer than a bad minute. */
const BACKED_OFF_MS = 4 * 60_000;

/** Findings that are claimed and not published, as the table's index has them: the first hundred of each partition. */
export function pendingLook(clients: Clients, tableName: string): Look {
  return {
    name: "pending findings",
    async ask(signal) {
      const table = historyAt(clients, tableName, signal);
      const pages = Array.from({ length: OUTBOX_PARTITIONS }, (_, partition) => table.pending(partition));
      const entries = await answered("dynamodb:Query", Promise.all(pages));
      const now = Date.now();
      // A window of suppression that is not over is in the index, and nothing is the matter with it.
      const isOpen = ({ key, leaseUntil }: OutboxEntry) => isWindowKey(key) && leaseUntil > now;
      const leases = entries.flatMap((page) => page.filter((entry) => !isOpen(entry))).map((entry) => entry.leaseUntil);
      const overdue = leases.filter((until) => until < now - OVERDUE_MS);
      const backedOff = leases.filter((until) => until > now + BACKED_OFF_MS);
      const isMore = entries.some((page) => page.length === PENDING_PAGE);
      const matters = [
        ...(overdue.length > 0
          ? [`${overdue.length} are due for up to ${ageText(now - Math.min(...overdue))}, and nobody publishes them`]
          : []),
        ...(backedOff.length > 0
          ? [`${backedOff.length} were tried at least three times: look at the topic and its key`]
          : []),
      ];
      return judged(`${leases.length}${isMore ? " or more" : ""}`, matters);
    },
  };
}
