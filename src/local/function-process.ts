import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Request, Response, Used } from "./function-host.ts";

/** A built function in a process of its own, like Lambda's: what it prints comes by lines, and it can be killed. */
export interface FunctionProcess {
  /** @throws Error where the function threw, or its process ended */
  invoke(event: unknown): Promise<unknown>;
  /** What it has used by its last answer, or for it. */
  readonly used: () => Used;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const HOST = fileURLToPath(new URL("function-host.ts", import.meta.url));

/**
 * @param folder where the bundles are; by default dist/
 * @throws Error with the reason where the bundle cannot be loaded, as where its configuration is wrong
 */
export async function startFunction(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  onLine: (line: string) => void,
  folder = DIST,
): Promise<FunctionProcess> {
  const bundle = join(folder, name, "index.mjs");
  const child: ChildProcess = fork(HOST, [bundle, name], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    serialization: "json",
  });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let ended = false;
  let used: Used = { peakMemory: 0, processorTime: 0 };
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", onLine);

  const ready = Promise.withResolvers<void>();
  child.on("message", (response: Response) => {
    if ("ready" in response) return ready.resolve();
    if ("broken" in response) return ready.reject(new Error(`function ${name} cannot start: ${response.broken}`));
    const request = waiting.get(response.id);
    waiting.delete(response.id);
    used = response;
    if ("error" in response) request?.reject(new Error(response.error));
    else request?.resolve(response.answer);
  });
  const exited = new Promise<void>((resolve) => {
    child.on("exit", (code) => {
      ended = true;
      ready.reject(new Error(`function ${name} ended with code ${code}`));
      for (const { reject } of waiting.values()) reject(new Error(`function ${name} ended with code ${code}`));
      waiting.clear();
      resolve();
    });
  });

  await ready.promise;
  return {
    invoke: (event) =>
      new Promise((resolve, reject) => {
        if (ended) {
          reject(new Error(`function ${name} is not running`));
          return;
        }
        const request: Request = { id: next++, event, timeoutMs };
        waiting.set(request.id, { resolve, reject });
        child.send(request);
      }),
    used: () => used,
    async close() {
      if (!ended) child.disconnect();
      await exited;
    },
  };
}
