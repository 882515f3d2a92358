import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// Answers of AWS to the requests of the real clients, in the protocol that each of them speaks: CloudFormation's and SNS's
// is query and XML, Lambda's is REST and JSON, the others' is JSON. What is not recorded goes on to an emulator.

/** A value of an answer: in XML a list is of `member`s. */
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

export type Input = Readonly<Record<string, unknown>>;

interface Refusal {
  readonly code: string;
  readonly message: string;
}

interface Recorded {
  readonly url: string;
  /** By `service:Action`, as IAM writes it; a function is asked each time. */
  readonly answers: Map<string, Value | ((input: Input) => Value)>;
  /** Actions that are refused. */
  readonly refusals: Map<string, Refusal>;
  /** Actions that are never answered. */
  readonly hanging: Set<string>;
  /** What was asked, in order. */
  readonly asked: string[];
  /** As at the beginning, but for the answers. */
  forgive(): void;
  close(): Promise<void>;
}

/** The names by which requests are signed. */
const SERVICES: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** Lambda's operations, by what its paths begin with: others' are told by their headers or bodies. */
const LAMBDA: Readonly<Record<string, string>> = {
  "event-source-mappings": "GetEventSourceMapping",
  functions: "GetFunctionConfiguration",
};

/** @param emulators where to go on with what is not recorded, by service */
export async function recordedAws(emulators: Readonly<Record<string, string>> = {}): Promise<Recorded> {
  const answers: Recorded["answers"] = new Map();
  const refusals: Recorded["refusals"] = new Map();
  const hanging = new Set<string>();
  const asked: string[] = [];

  async function answer(text: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = callOf(text, request);
    const name = `${call.service}:${call.action}`;
    asked.push(name);
    if (hanging.has(name)) return;
    const refusal = refusals.get(name);
    if (refusal !== undefined) return refuse(call, refusal, response);
    const recorded = answers.get(name);
    const emulator = emulators[call.service];
    if (recorded === undefined && emulator !== undefined) return passOn(emulator, text, request, response);
    if (recorded === undefined)
      return refuse(call, { code: "InvalidAction", message: `nobody recorded ${name}` }, response);
    const value = typeof recorded === "function" ? recorded(call.input) : recorded;
    if (call.protocol === "query") {
      const xml = `<${call.action}Response xmlns="http://amazonaws.com/doc/"><${call.action}Result>${toXml(value)}</${call.action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${call.action}Response>`;
      response.writeHead(200, { "content-type": "text/xml" }).end(xml);
    } else response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(value));
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => void answer(Buffer.concat(chunks).toString(), request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    refusals,
    hanging,
    asked,
    forgive() {
      refusals.clear();
      hanging.clear();
      asked.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Call {
  readonly service: string;
  readonly action: string;
  readonly protocol: "query" | "json" | "rest";
  readonly input: Input;
}

function callOf(text: string, { headers, url = "" }: IncomingMessage): Call {
  // Credential=KEY/DAY/REGION/SERVICE/aws4_request
  const signed = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";
  const service = SERVICES[signed] ?? signed;
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    return { service, action: target.split(".").at(-1) ?? "", protocol: "json", input: JSON.parse(text) as Input };
  }
  const query = new URLSearchParams(text);
  const action = query.get("Action");
  if (action !== null) return { service, action, protocol: "query", input: Object.fromEntries(query) };
  const [, , resource = "", id = ""] = url.split("/");
  return { service, action: LAMBDA[resource] ?? url, protocol: "rest", input: { id } };
}

function refuse({ protocol }: Call, { code, message }: Refusal, response: ServerResponse): void {
  if (protocol === "query") {
    const xml = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
    response.writeHead(code === "AccessDenied" ? 403 : 400, { "content-type": "text/xml" }).end(xml);
    return;
  }
  const type = code === "AccessDenied" ? "AccessDeniedException" : code;
  if (protocol === "rest") {
    response
      .writeHead(403, { "content-type": "application/json", "x-amzn-errortype": type })
      .end(JSON.stringify({ Message: message }));
    return;
  }
  response
    .writeHead(400, { "content-type": "application/x-amz-json-1.1" })
    .end(JSON.stringify({ __type: `com.amazonaws#${type}`, message }));
}

async function passOn(emulator: string, body: string, request: IncomingMessage, response: ServerResponse) {
  const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
  const answer = await fetch(`${emulator}${request.url}`, {
    method: request.method ?? "POST",
    headers: headers as Record<string, string>,
    body,
  });
  const type = answer.headers.get("content-type") ?? "";
  response.writeHead(answer.status, { "content-type": type }).end(Buffer.from(await answer.arrayBuffer()));
}

function toXml(value: Value): string {
  if (Array.isArray(value)) return value.map((each: Value) => `<member>${toXml(each)}</member>`).join("");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, each]) => `<${name}>${toXml(each)}</${name}>`)
      .join("");
  }
  return String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
