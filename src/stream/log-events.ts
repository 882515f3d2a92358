import type { JsonValue } from "../ecs/json.ts";
import type { Prefilter, Stretch } from "./delivery.ts";
import { messageOf } from "./envelope.ts";

/** A log event of an envelope. */
export interface LogEvent {
  readonly logEvent: JsonValue;
  readonly message: string | undefined;
  /** Holds no event that any rule could match, and need not be read. */
  readonly isPassedOver: boolean;
}

/** UTF-16 units of messages that are looked into at once, and so between two looks at the clock. */
const AT_ONCE = 256 * 1024;

/** The log events of an envelope in order, each with what the prefilter, if there is one, says of its message. */
export function* lookedInto(logEvents: readonly JsonValue[], mayMatch: Prefilter | undefined): Generator<LogEvent> {
  for (let from = 0; from < logEvents.length; ) {
    const messages: (string | undefined)[] = [];
    for (let units = 0; units < AT_ONCE && from + messages.length < logEvents.length; ) {
      const message = messageOf(logEvents[from + messages.length] as JsonValue);
      units += message?.length ?? 1;
      messages.push(message);
    }
    const marks = mayMatch?.(stretchOf(messages));
    for (const [index, message] of messages.entries()) {
      const isPassedOver = message !== undefined && marks?.[index] === false;
      yield { logEvent: logEvents[from + index] as JsonValue, message, isPassedOver };
    }
    from += messages.length;
  }
}

function stretchOf(messages: readonly (string | undefined)[]): Stretch {
  const bytes = Buffer.allocUnsafeSlow(messages.reduce((sum, message = "") => sum + Buffer.byteLength(message), 0));
  let end = 0;
  const ends = messages.map((message = "") => (end += bytes.write(message, end)));
  return { bytes, ends };
}
