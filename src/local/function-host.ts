// Runs a function's bundle in this process, for function-process.ts: one request at a time, as Lambda does.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Context } from "aws-lambda";

export interface Request {
  readonly id: number;
  readonly event: unknown;
  readonly timeoutMs: number;
}

export type Response =
  /** The bundle is loaded; or it cannot be, and the process ends. */
  | { readonly ready: true }
  | { readonly broken: string }
  | ({ readonly id: number; readonly answer: unknown } & Used)
  | ({ readonly id: number; readonly error: string } & Used);

export interface Used {
  /** The most memory that the process has had, MB: what Lambda calls Max Memory Used. */
  readonly peakMemory: number;
  /** What the invocation took of a processor, ms: what else runs on this machine does not count. */
  readonly processorTime: number;
}

type Handler = (event: unknown, context: Partial<Context>) => Promise<unknown>;

const [bundle = "", name = ""] = process.argv.slice(2);
const functionName = process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? name;
const answer = (response: Response) => process.send?.(response);

async function load(): Promise<Handler> {
  try {
    const { handler } = (await import(pathToFileURL(bundle).href)) as { handler: Handler };
    return handler;
  } catch (error) {
    answer({ broken: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
}

const handler = await load();

process.on("message", async ({ id, event, timeoutMs }: Request) => {
  const end = Date.now() + timeoutMs;
  const before = process.cpuUsage();
  const context = {
    awsRequestId: `local-${id}`,
    functionName,
    getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
  };
  let outcome: { readonly answer: unknown } | { readonly error: string };
  try {
    outcome = { answer: (await handler(event, context)) ?? null };
  } catch (error) {
    outcome = { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  const { user, system } = process.cpuUsage(before);
  answer({ id, ...outcome, peakMemory: peakMemory(), processorTime: (user + system) / 1000 });
});
/** MB. What the operating system says of a process counts what it was before it became this one; Linux knows better. */
function peakMemory(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) / 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024;
}

answer({ ready: true });
