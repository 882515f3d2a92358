import { openFinding } from "./seal.ts";

/** A finding on its way out: the sealed body, and its id. */
export interface Message {
  readonly findingId: string;
  readonly body: string;
}

/** Where findings go. */
export interface Publisher {
  /**
   * Hands messages over. Resolves to the ids that were accepted, and never rejects: what was not accepted stays in the
   * outbox, and the reason goes to whoever made the publisher.
   */
  publish(messages: readonly Message[]): Promise<ReadonlySet<string>>;
}

/** Publishes stored findings as they are: the sealed bytes are the body. */
export function publishWith(
  publisher: Publisher,
): (stored: readonly { readonly findingId: string; readonly outbox: Uint8Array }[]) => Promise<ReadonlySet<string>> {
  return (stored) =>
    publisher.publish(stored.map(({ findingId, outbox }) => ({ findingId, body: openFinding(outbox) })));
}

/** What a subscriber can filter on, taken from the body so that a stored finding needs nothing beside it. */
export interface Attributes {
  readonly type: string;
  readonly rule_id: string;
  readonly severity: string;
  readonly risk_score: number;
  readonly fid: string;
  readonly building_block: "true" | "false";
}

export function attributesOf({ findingId, body }: Message): Attributes {
  const finding = JSON.parse(body) as Record<string, unknown>;
  return {
    type: String(finding["new_terms_stream.type"]),
    rule_id: String(finding["kibana.alert.rule.rule_id"]),
    severity: String(finding["kibana.alert.severity"]),
    risk_score: Number(finding["kibana.alert.risk_score"]),
    fid: findingId,
    building_block: finding["kibana.alert.building_block_type"] === undefined ? "false" : "true",
  };
}

/** Writes each finding as one line of JSON. */
export function linePublisher(write: (line: string) => void): Publisher {
  return {
    async publish(messages) {
      for (const { body } of messages) write(`${body}\n`);
      return new Set(messages.map(({ findingId }) => findingId));
    },
  };
}
