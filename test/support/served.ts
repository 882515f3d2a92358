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

export const politely = (): Manners => ({ latencyMs: 0, hangs: false, refuses: false });

/** What a stand-in does with a request, behind its manners. */
interface Service {
  readonly type: string;
  /** @returns the answer's body. @throws Error that is answered with */
  readonly work: (text: string, request: IncomingMessage) => string;
  readonly failure: (error: Error) => string;
  readonly onRequest: (response: ServerResponse) => void;
}

interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Node closes idle sockets after five seconds, which AWS does not: a client would meet half of it. */
const KEEP_ALIVE_MS = 65_000;

/** A server on a port of its own of this machine. */
export async function serve(manners: Manners, { type, work, failure, onRequest }: Service): Promise<Served> {
  function answer(text: string, request: IncomingMessage, response: ServerResponse): void {
    try {
      if (manners.refuses) throw new Error("AccessDenied");
      const body = work(text, request);
      response.writeHead(200, { "content-type": type }).end(body);
    } catch (error) {
      response.writeHead(400, { "content-type": type }).end(failure(error instanceof Error ? error : new Error("")));
    }
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      onRequest(response);
      if (manners.hangs) return;
      // Who has gone away meanwhile has been served all the same, as with AWS.
      setTimeout(() => answer(Buffer.concat(chunks).toString(), request, response), manners.latencyMs);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
