import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Row } from "./report.ts";

/**
 * What a delivery of the largest size may take, in a process of its own: peak resident memory over that of an idle one.
 * And what stays in use when deliveries follow each other.
 */
export async function run(): Promise<Row[]> {
  const idle = await worker("idle");
  const rows: Row[] = [];
  for (const what of ["plain", "gzip", "bombs", "many documents", "long run"]) {
    const megabytes = (await worker(what)) - idle;
    // The function has 1,769 MB.
    rows.push({ what, measured: megabytes, unit: "MB", target: { atMost: 600 } });
  }
  rows.push({
    what: "in use after 400 deliveries, against 50",
    measured: await worker("growth"),
    unit: "x",
    target: { atMost: 1.1 },
  });
  return rows;
}

/** @returns peak resident memory, MB; of `growth`, a ratio */
function worker(what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL("memory-worker.ts", import.meta.url));
    const child = fork(script, [what], { stdio: "inherit", execArgv: ["--expose-gc"] });
    child.on("message", (measured) => resolve(Number(measured)));
    child.on("exit", (code) => {
      if (code !== 0) reject(new Error(`the worker for ${what} ended with ${code}`));
    });
  });
}
