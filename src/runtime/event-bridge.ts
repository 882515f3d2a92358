import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { idOf } from "../render/digest.ts";
import { type EventBridgeEntry, eventBridgeOf } from "../render/eventbridge.ts";
import { batches } from "./batches.ts";
import { LIMITS } from "./limits.ts";
import { endingWith, type Sink, takenBy } from "./sink.ts";

/** What EventBridge counts for an entry's time. */
const TIME_BYTES = 14;

/** A bus of EventBridge. It deduplicates nothing: consumers do, by the finding's id in the detail. */
export function eventBridgeSink(
  EventBusName: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined,
): Sink {
  const client = new EventBridgeClient(LIMITS);
  return (findings) => {
    const entries = findings.map(({ finding, body }) => ({ id: idOf(finding), entry: eventBridgeOf(finding, body) }));
    return takenBy({
      name: "EventBridge",
      batches: batches(entries, ({ entry }) => sizeOf(entry)),
      async send(some) {
        const Entries = some.map(({ Time, Resources, ...rest }) => ({
          ...rest,
          Resources: [...Resources],
          Time: new Date(Time),
          EventBusName,
        }));
        const { Entries: answers = [] } = await client.send(new PutEventsCommand({ Entries }), endingWith(signal()));
        return answers.map(({ EventId, ErrorCode }) =>
          EventId === undefined || ErrorCode !== undefined ? (ErrorCode ?? "no event id") : undefined,
        );
      },
      onError,
    });
  };
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
function sizeOf({ Source, DetailType, Detail, Resources }: EventBridgeEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), TIME_BYTES);
}
