import { createHash } from "node:crypto";
import { historyTable } from "../../src/local/history-table.ts";
import { type DynamoDbStandIn, openDynamoDb } from "./dynamodb/stand-in.ts";
import { type Manners, politely, serve } from "./served.ts";

/** Something that speaks as much of SQS, SNS and DynamoDB as the functions ask, over real sockets, and can be slow or worse. */
export interface StandIns {
  readonly sqs: Manners;
  readonly sns: Manners;
  /** Asked by functions whose HISTORY_TABLE is HISTORY. */
  readonly dynamoDb: DynamoDbStandIn;
  /** Bodies of messages by the queue's URL, in the order of arrival. */
  readonly messages: (queueUrl: string) => string[];
  /** Bodies of published messages. */
  readonly published: string[];
  /** Publications as SNS bills them: each 64 KB begun of a request. */
  readonly billed: () => number;
  /** Of SQS and SNS. */
  readonly requests: () => number;
  readonly queueUrl: (name: string) => string;
  readonly environment: Readonly<Record<string, string>>;
  reset(): void;
  close(): Promise<void>;
}

export const HISTORY = "history";
const TOPIC_ARN = "arn:aws:sns:eu-west-1:000000000000:findings";
const BILLED_BYTES = 64 * 1024;
// Of the characters that XML 1.0 does not know JSON writes all but these two raw.
const REFUSED = /[\ufffe\uffff]/;

export async function openStandIns(): Promise<StandIns> {
  const queues = new Map<string, string[]>();
  const published: string[] = [];
  const sqs = politely();
  const sns = politely();
  const dynamoDb = await openDynamoDb([historyTable(HISTORY)]);
  let requests = 0;
  let billed = 0;

  const messages = (queueUrl: string) => {
    const list = queues.get(queueUrl) ?? [];
    queues.set(queueUrl, list);
    return list;
  };

  function sendMessageBatch(text: string): string {
    const { QueueUrl, Entries } = JSON.parse(text) as {
      readonly QueueUrl: string;
      readonly Entries: readonly { readonly Id: string; readonly MessageBody: string }[];
    };
    const bytes = Entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0);
    if (Entries.length > 10 || bytes > 256 * 1024) throw new Error("BatchRequestTooLong");
    const bad = Entries.filter(({ MessageBody }) => REFUSED.test(MessageBody));
    const good = Entries.filter(({ MessageBody }) => !REFUSED.test(MessageBody));
    for (const { MessageBody } of good) messages(QueueUrl).push(MessageBody);
    return JSON.stringify({
      Successful: good.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
      })),
      Failed: bad.map(({ Id }) => ({ Id, Code: "InvalidMessageContents", SenderFault: true })),
    });
  }

  function publishBatch(text: string): string {
    const form = new URLSearchParams(text);
    const ids: string[] = [];
    let bytes = 0;
    for (let member = 1; ; member++) {
      const prefix = `PublishBatchRequestEntries.member.${member}`;
      const id = form.get(`${prefix}.Id`);
      if (id === null) break;
      const body = form.get(`${prefix}.Message`) ?? "";
      if (REFUSED.test(body)) throw new Error("InvalidParameter");
      published.push(body);
      bytes += Buffer.byteLength(body);
      ids.push(id);
    }
    billed += Math.max(1, Math.ceil(bytes / BILLED_BYTES));
    const members = ids.map((id) => `<member><Id>${id}</Id><MessageId>${id}</MessageId></member>`).join("");
    return `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Failed/><Successful>${members}</Successful></PublishBatchResult></PublishBatchResponse>`;
  }

  const onRequest = () => {
    requests++;
  };
  const servers = await Promise.all([
    serve(sqs, {
      type: "application/x-amz-json-1.0",
      work: sendMessageBatch,
      failure: ({ message }) => JSON.stringify({ __type: message }),
      onRequest,
    }),
    serve(sns, {
      type: "text/xml",
      work: publishBatch,
      failure: ({ message }) =>
        `<ErrorResponse><Error><Type>Sender</Type><Code>${message}</Code></Error></ErrorResponse>`,
      onRequest,
    }),
  ]);
  const [{ url: sqsUrl }, { url: snsUrl }] = servers;
  return {
    sqs,
    sns,
    dynamoDb,
    messages,
    published,
    billed: () => billed,
    requests: () => requests,
    queueUrl: (name) => `${sqsUrl}/000000000000/${name}`,
    environment: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_SQS: sqsUrl,
      AWS_ENDPOINT_URL_SNS: snsUrl,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      FINDINGS_TOPIC_ARN: TOPIC_ARN,
    },
    reset() {
      for (const manners of [sqs, sns]) Object.assign(manners, politely());
      queues.clear();
      published.length = 0;
      requests = 0;
      billed = 0;
      dynamoDb.reset();
    },
    async close() {
      await Promise.all([...servers, dynamoDb].map((each) => each.close()));
    },
  };
}
