import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a stand-in behaves; may be changed while it runs. */
export interface Manners {
  /** Before each answer. */
  latencyMs: number;
  /** Takes requests and never answers. */
  hangs: boolean;
  /** Answers each request with an error of the sender's. */
  refuses: boolean;
}

/** Something that speaks as much of SQS and SNS as the functions ask, over real sockets, and can be slow or worse. */
export interface StandIns {
  readonly sqs: Manners;
  readonly sns: Manners;
  /** Bodies of messages by the queue's URL, in the order of arrival. */
  readonly messages: (queueUrl: string) => string[];
  /** Bodies of published messages. */
  readonly published: string[];
  readonly requests: () => number;
  readonly queueUrl: (name: string) => string;
  readonly environment: Readonly<Record<string, string>>;
  reset(): void;
  close(): Promise<void>;
}

const politely = (): Manners => ({ latencyMs: 0, hangs: false, refuses: false });
const TOPIC_ARN = "arn:aws:sns:eu-west-1:000000000000:findings";
// Of the characters that XML 1.0 does not know JSON writes all but these two raw.
const REFUSED = /[\ufffe\uffff]/;

export async function openStandIns(): Promise<StandIns> {
  const queues = new Map<string, string[]>();
  const published: string[] = [];
  const sqs = politely();
  const sns = politely();
  let requests = 0;

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
    for (let member = 1; ; member++) {
      const prefix = `PublishBatchRequestEntries.member.${member}`;
      const id = form.get(`${prefix}.Id`);
      if (id === null) break;
      const body = form.get(`${prefix}.Message`) ?? "";
      if (REFUSED.test(body)) throw new Error("InvalidParameter");
      published.push(body);
      ids.push(id);
    }
    const members = ids.map((id) => `<member><Id>${id}</Id><MessageId>${id}</MessageId></member>`).join("");
    return `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Failed/><Successful>${members}</Successful></PublishBatchResult></PublishBatchResponse>`;
  }

  const serve = (manners: Manners, work: (text: string) => string, type: string, failure: (code: string) => string) =>
    createServer((request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        requests++;
        if (manners.hangs) return;
        setTimeout(() => {
          try {
            if (manners.refuses) throw new Error("AccessDenied");
            const body = work(Buffer.concat(chunks).toString());
            response.writeHead(200, { "content-type": type }).end(body);
          } catch (error) {
            response.writeHead(400, { "content-type": type }).end(failure(error instanceof Error ? error.message : ""));
          }
        }, manners.latencyMs);
      });
    });
  const servers = [
    serve(sqs, sendMessageBatch, "application/x-amz-json-1.0", (code) => JSON.stringify({ __type: code })),
    serve(
      sns,
      publishBatch,
      "text/xml",
      (code) => `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`,
    ),
  ] as const;
  const [sqsUrl = "", snsUrl = ""] = await Promise.all(
    servers.map(
      (server) =>
        new Promise<string>((resolve) => {
          server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
        }),
    ),
  );
  return {
    sqs,
    sns,
    messages,
    published,
    requests: () => requests,
    queueUrl: (name) => `${sqsUrl}/000000000000/${name}`,
    environment: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_SQS: sqsUrl,
      AWS_ENDPOINT_URL_SNS: snsUrl,
      FINDINGS_TOPIC_ARN: TOPIC_ARN,
    },
    reset() {
      for (const manners of [sqs, sns]) Object.assign(manners, politely());
      queues.clear();
      published.length = 0;
      requests = 0;
    },
    async close() {
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}
