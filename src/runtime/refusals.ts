/** What SNS and SQS answer to a batch alike. */
interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?:
    | readonly {
        readonly Id?: string | undefined;
        readonly Code?: string | undefined;
        readonly SenderFault?: boolean | undefined;
      }[]
    | undefined;
}

/** Why messages were not accepted, by reason: an outage is told once, and not once for each of a thousand messages. */
export interface Refusals {
  /** Takes a batch's answer. @returns the ids that were accepted: those it says so of, whatever it says of others */
  read(ids: readonly string[], answer: BatchAnswer): string[];
  /** Takes the failure of a whole request. */
  fail(error: unknown): void;
  tell(onError: (error: unknown) => void): void;
}

export function refusals(service: "SNS" | "SQS"): Refusals {
  const counts = new Map<string, number>();
  const errors = new Map<string, unknown>();

  return {
    read(ids, { Successful = [], Failed = [] }) {
      const taken = new Set(Successful.map(({ Id }) => Id));
      const reasons = new Map(
        Failed.map(({ Id, Code, SenderFault }) => [Id, `${Code}${SenderFault === true ? " (sender fault)" : ""}`]),
      );
      for (const id of ids) {
        if (taken.has(id)) continue;
        const reason = reasons.get(id) ?? "no answer";
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
      return ids.filter((id) => taken.has(id));
    },

    fail(error) {
      const kind = String(error);
      if (!errors.has(kind)) errors.set(kind, error);
    },

    tell(onError) {
      for (const error of errors.values()) onError(error);
      for (const [reason, count] of counts) onError(new Error(`${service} refused ${count} messages: ${reason}`));
    },
  };
}
