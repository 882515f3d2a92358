import { type Closed, closingBody } from "./closing.ts";
import { namingIn, restored } from "./fragment.ts";
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

/** A finding as the history keeps it. */
interface Stored {
  readonly findingId: string;
  readonly outbox: Uint8Array;
  /** Where it is the closing message of a window, which `outbox` is the first finding of. */
  readonly closing?: Closed | undefined;
}

/** Findings opened at once: a batch of SNS's. A body may be sixty times its sealed size. */
const OPENED = 10;

/** Where the fragments are that stored findings name. */
export interface Fragments {
  /** Resolves to none where it is stored no longer. Rejects where that cannot be known: the finding waits then. */
  fragment(digest: string): Promise<Uint8Array | undefined>;
}

/**
 * Publishes stored findings as they are: what was sealed is the body, with its fragment back in its place. A few are open
 * at a time, whatever their number. What cannot be opened is told to `onError`, is not accepted, and costs no other.
 */
export function publishWith(
  publisher: Publisher,
  fragments: Fragments,
): (stored: readonly Stored[], onError: (error: unknown) => void) => Promise<ReadonlySet<string>> {
  return async (stored, onError) => {
    const accepted = new Set<string>();
    for (let from = 0; from < stored.length; from += OPENED) {
      try {
        const group = stored.slice(from, from + OPENED).map((finding) => opened(finding, fragments, onError));
        const messages = (await Promise.all(group)).flat();
        for (const findingId of await publisher.publish(messages)) accepted.add(findingId);
      } catch (error) {
        // What was accepted before must be known as such, whatever comes after.
        onError(error);
      }
    }
    return accepted;
  };
}

async function opened(
  { findingId, outbox, closing }: Stored,
  fragments: Fragments,
  onError: (error: unknown) => void,
): Promise<Message[]> {
  try {
    const stored = openFinding(outbox);
    const naming = namingIn(stored);
    const body = naming === undefined ? stored : restored(stored, naming, await fragments.fragment(naming.digest));
    return [{ findingId, body: closing === undefined ? body : closingBody(body, findingId, closing) }];
  } catch (cause) {
    onError(new Error(`the stored finding ${findingId} cannot be opened`, { cause }));
    return [];
  }
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
