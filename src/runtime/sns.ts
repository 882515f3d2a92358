import {
  type MessageAttributeValue,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  SNSClient,
} from "@aws-sdk/client-sns";
import { attributesOf, type Message, type Publisher } from "../finding/publisher.ts";
import { batches } from "./batches.ts";
import { type Breaker, breaker } from "./breaker.ts";
import { LIMITS } from "./limits.ts";
import { refusals } from "./refusals.ts";
import { logError } from "./telemetry.ts";

export function sns(): SNSClient {
  // Twice, since a socket may have died while the environment was frozen; a topic that hangs is found out in time.
  const requestHandler = { ...LIMITS.requestHandler, requestTimeout: 1000 };
  return new SNSClient({ ...LIMITS, maxAttempts: 2, requestHandler });
}

export function openTopic(
  topicArn: string,
  signal: () => AbortSignal | undefined,
  onError: (error: unknown) => void = logError,
): Publisher {
  return snsPublisher(sns(), topicArn, onError, signal);
}

/**
 * Publishes to an SNS topic in batches, and looks at each entry's own outcome: a batch can succeed while entries fail.
 * A topic that does not answer is left alone for a while, also by the invocations after.
 * @param onError told of each kind of failure once
 */
export function snsPublisher(
  client: SNSClient,
  topicArn: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined = () => undefined,
  topic: Breaker = breaker(Date.now),
): Publisher {
  return {
    async publish(messages) {
      const accepted = new Set<string>();
      const refused = refusals("SNS");
      // A finding may be due twice in one round, and a batch must not name an id twice.
      const distinct = [...new Map(messages.map((message) => [message.findingId, message])).values()];
      for (const batch of batches(distinct.map(toEntry), bytesOf)) {
        const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: batch });
        const abortSignal = signal();
        const options = abortSignal === undefined ? {} : { abortSignal };
        try {
          const answer = await topic(() => client.send(command, options));
          // What is not published now the sweeper publishes.
          if (answer === undefined) break;
          const ids = batch.map(({ Id }) => Id);
          for (const findingId of refused.read(ids, answer)) accepted.add(findingId);
        } catch (error) {
          refused.fail(error);
        }
      }
      refused.tell(onError);
      return accepted;
    },
  };
}

type Entry = PublishBatchRequestEntry & {
  readonly Id: string;
  readonly Message: string;
  readonly MessageAttributes: Readonly<Record<string, MessageAttributeValue>>;
};

function toEntry(message: Message): Entry {
  const attributes = Object.entries(attributesOf(message)).map(([name, value]) => [name, attributeValue(value)]);
  return {
    Id: message.findingId,
    Message: message.body,
    MessageAttributes: Object.fromEntries(attributes) as Entry["MessageAttributes"],
  };
}

export function attributeValue(value: string | number | readonly string[]): MessageAttributeValue {
  if (typeof value === "number") return { DataType: "Number", StringValue: String(value) };
  if (typeof value === "string") return { DataType: "String", StringValue: value };
  return { DataType: "String.Array", StringValue: JSON.stringify(value) };
}

function bytesOf({ Message, MessageAttributes }: Entry): number {
  let bytes = Buffer.byteLength(Message);
  for (const [name, { DataType = "", StringValue = "" }] of Object.entries(MessageAttributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue);
  }
  return bytes;
}
