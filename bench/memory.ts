import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Row } from "./report.ts";

/** What a delivery of the largest size may take, in a process of its own: peak resident memory over that of an idle one. */
export async function run(): Promise<Row[]> {
  const idle = await peak("idle");
  const rows: Row[] = [];
  for (const what of ["plain", "gzip", "bombs", "many documents", "long run"]) {
    const megabytes = (await peak(what)) - idle;
    // The function has 1,769 MB.
    rows.push({ what, measured: megabytes, unit: "MB", target: { atMost: 600 } });
  }
  return rows;
}

/** @returns peak resident memory, MB */
function peak(what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("memory-worker.ts", import.meta.url)), [what], { stdio: "inherit" });
    child.on("message", (megabytes) => resolve(Number(megabytes)));
    child.on("exit", (code) => {
      if (code !== 0) reject(new Error(`the worker for ${what} ended with ${code}`));
    });
  });
}
