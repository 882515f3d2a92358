import { type Manners, politely, serve } from "./served.ts";

/** Stand-ins of the systems that findings are handed to, over real sockets: each can refuse some, throttle, or hang. */
export interface Systems {
  readonly firehose: System;
  readonly securityHub: System;
  readonly eventBridge: System;
  readonly sns: System;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** One entry of a request, as the service keeps it. */
type Entry = Readonly<Record<string, unknown>>;

export interface System extends Manners {
  /** Entries that are answered with this failure, in an answer that is a 200. */
  refusesEntry: (entry: Entry) => boolean;
  /** So many requests more are answered with a throttling error. */
  throttled: number;
  /** Answers 200 and nothing in it. */
  isEmpty: boolean;
  /** What was taken, and how many entries each request had. */
  readonly taken: Entry[];
  readonly requests: number[];
}

function system(): System {
  return { ...politely(), refusesEntry: () => false, throttled: 0, isEmpty: false, taken: [], requests: [] };
}

const JSON_TYPE = "application/x-amz-json-1.1";

export async function openSystems(): Promise<Systems> {
  const [firehose, securityHub, eventBridge, sns] = [system(), system(), system(), system()];

  /** Takes what the system takes of a request. @returns for each entry whether it was taken */
  function take(of: System, entries: readonly Entry[]): boolean[] {
    of.requests.push(entries.length);
    if (of.throttled > 0) {
      of.throttled--;
      throw new Error("ThrottlingException");
    }
    return entries.map((entry) => {
      const isTaken = !of.refusesEntry(entry);
      if (isTaken) of.taken.push(entry);
      return isTaken;
    });
  }

  const failure = ({ message }: Error) => JSON.stringify({ __type: message, message });
  const jsonService = (of: System, answer: (request: Entry) => object) =>
    serve(of, {
      type: JSON_TYPE,
      work: (text) => {
        const answered = answer(JSON.parse(text) as Entry);
        return JSON.stringify(of.isEmpty ? {} : answered);
      },
      failure,
      onRequest: () => {},
    });

  const servers = await Promise.all([
    jsonService(firehose, ({ Records }) => {
      const list = Records as readonly { readonly Data: string }[];
      if (list.length > 500) throw new Error("InvalidArgumentException");
      const documents = list.map(({ Data }) => JSON.parse(Buffer.from(Data, "base64").toString()) as Entry);
      const taken = take(firehose, documents);
      return {
        FailedPutCount: taken.filter((each) => !each).length,
        RequestResponses: taken.map((each, index) =>
          each ? { RecordId: `r${index}` } : { ErrorCode: "ServiceUnavailableException", ErrorMessage: "slow down" },
        ),
      };
    }),
    jsonService(securityHub, ({ Findings }) => {
      const list = Findings as readonly Entry[];
      if (list.length > 100) throw new Error("LimitExceededException");
      const taken = take(securityHub, list);
      const failed = list.filter((_, index) => taken[index] !== true);
      return {
        FailedCount: failed.length,
        SuccessCount: list.length - failed.length,
        FailedFindings: failed.map(({ Id }) => ({ Id, ErrorCode: "InvalidInput", ErrorMessage: "no" })),
      };
    }),
    jsonService(eventBridge, ({ Entries }) => {
      const list = Entries as readonly Entry[];
      if (list.length > 10) throw new Error("ValidationException");
      const taken = take(eventBridge, list);
      return {
        FailedEntryCount: taken.filter((each) => !each).length,
        Entries: taken.map((each, index) => (each ? { EventId: `e${index}` } : { ErrorCode: "InternalFailure" })),
      };
    }),
    serve(sns, {
      type: "text/xml",
      work: (text) => {
        const form = new URLSearchParams(text);
        const entries = publicationsOf(form);
        const taken = take(sns, entries);
        const kind = (isTaken: boolean, id: unknown) =>
          isTaken
            ? `<member><Id>${id}</Id><MessageId>${id}</MessageId></member>`
            : `<member><Id>${id}</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>`;
        const members = (isTaken: boolean) =>
          entries.flatMap(({ id }, index) => (taken[index] === isTaken ? [kind(isTaken, id)] : [])).join("");
        const inside = sns.isEmpty ? "" : `<Failed>${members(false)}</Failed><Successful>${members(true)}</Successful>`;
        return `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>${inside}</PublishBatchResult></PublishBatchResponse>`;
      },
      failure: ({ message }) =>
        `<ErrorResponse><Error><Type>Sender</Type><Code>${message}</Code></Error></ErrorResponse>`,
      onRequest: () => {},
    }),
  ]);
  const [firehoseUrl, hubUrl, busUrl, snsUrl] = servers.map(({ url }) => url);
  return {
    firehose,
    securityHub,
    eventBridge,
    sns,
    environment: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_FIREHOSE: firehoseUrl ?? "",
      AWS_ENDPOINT_URL_SECURITYHUB: hubUrl ?? "",
      AWS_ENDPOINT_URL_EVENTBRIDGE: busUrl ?? "",
      AWS_ENDPOINT_URL_SNS: snsUrl ?? "",
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** The entries of PublishBatch's form, each with the topic and its attributes by name. */
function publicationsOf(form: URLSearchParams): Entry[] {
  const entries: Entry[] = [];
  for (let member = 1; ; member++) {
    const prefix = `PublishBatchRequestEntries.member.${member}`;
    const id = form.get(`${prefix}.Id`);
    if (id === null) return entries;
    const attributes: Record<string, string> = {};
    for (let entry = 1; ; entry++) {
      const at = `${prefix}.MessageAttributes.entry.${entry}`;
      const name = form.get(`${at}.Name`);
      if (name === null) break;
      attributes[name] = `${form.get(`${at}.Value.DataType`)} ${form.get(`${at}.Value.StringValue`)}`;
    }
    entries.push({
      id,
      topic: form.get("TopicArn"),
      subject: form.get(`${prefix}.Subject`),
      body: form.get(`${prefix}.Message`),
      attributes,
    });
  }
}
