import { PublishBatchCommand, type PublishBatchRequestEntry, type SNSClient } from "@aws-sdk/client-sns";
import { batches } from "./batches.ts";
import { refusals } from "./refusals.ts";
import { endingWith } from "./sink.ts";
import { attributeValue } from "./sns.ts";

/** A message to people. */
export interface Notice {
  /** ASCII, of less than 100 characters; for mails. */
  readonly subject?: string;
  readonly body: string;
  /** What its subscribers filter on; no value is empty. */
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

/** Sends notices; resolves to the indexes of those that were accepted, and never rejects. */
export type Tell = (notices: readonly Notice[]) => Promise<ReadonlySet<number>>;

/**
 * Publishes to an SNS topic in batches, and looks at each notice's own outcome.
 * @param onError told of each kind of failure once
 * @param signal the invocation's deadline, asked for at each call
 */
export function snsTell(
  client: SNSClient,
  topicArn: string,
  onError: (error: unknown) => void,
  signal: () => AbortSignal | undefined,
): Tell {
  return async (notices) => {
    const accepted = new Set<number>();
    const refused = refusals("SNS");
    for (const batch of batches(notices.map(entryOf), bytesOf)) {
      const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: batch });
      try {
        const answer = await client.send(command, endingWith(signal()));
        for (const id of refused.read(
          batch.map(({ Id }) => Id),
          answer,
        ))
          accepted.add(Number(id));
      } catch (error) {
        refused.fail(error);
      }
    }
    refused.tell(onError);
    return accepted;
  };
}

type Entry = PublishBatchRequestEntry & { readonly Id: string; readonly Message: string };

function entryOf({ subject, body, attributes }: Notice, index: number): Entry {
  const values = Object.entries(attributes).map(([name, value]) => [name, attributeValue(value)]);
  return {
    Id: String(index),
    Message: body,
    ...(subject === undefined ? {} : { Subject: subject }),
    MessageAttributes: Object.fromEntries(values) as NonNullable<Entry["MessageAttributes"]>,
  };
}

/** Attributes are as many bytes as their JSON at most. */
function bytesOf({ Message, Subject = "", MessageAttributes = {} }: Entry): number {
  return Buffer.byteLength(Message) + Buffer.byteLength(Subject) + Buffer.byteLength(JSON.stringify(MessageAttributes));
}
