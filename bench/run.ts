// `npm run bench`, or `npm run bench -- NAME...` for some of the measurements. See README.md here.
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { isGross, isMet, printTable, type Row } from "./report.ts";

interface Bench {
  readonly title: string;
  readonly load: () => Promise<{ readonly run: () => readonly Row[] | Promise<readonly Row[]> }>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  handler: { title: "Kinesis envelope to verdict, shipped rule, 1 % hits", load: () => import("./handler.ts") },
  rivals: { title: "Shipped rule over parsed events, against other engines", load: () => import("./rivals.ts") },
  catalogue: { title: "Many rules", load: () => import("./catalogue.ts") },
  raw: { title: "Raw CloudTrail events", load: () => import("./raw.ts") },
  "cold-start": { title: "Cold start", load: () => import("./cold-start.ts") },
  faults: { title: "Promises under faults: sums over all runs", load: () => import("./faults.ts") },
  memory: { title: "Peak memory over an idle process, for a delivery of 6 MB", load: () => import("./memory.ts") },
  storm: {
    title: "Storms of new combinations: table 5 ms, topic 20 ms, queues 15 ms",
    load: () => import("./storm.ts"),
  },
  replay: { title: "Replay of a file of events", load: () => import("./replay.ts") },
  cost: { title: "Money", load: () => import("./cost.ts") },
  linear: { title: "Time against size: 64 KB for 8 KB", load: () => import("./linear.ts") },
};

/** A bench in a process of its own: what one has made the compiler believe must not slow another down. */
function rowsOf(name: string): Promise<readonly Row[]> {
  const child = fork(fileURLToPath(import.meta.url), ["--child", name]);
  return new Promise((resolve, reject) => {
    child.on("message", resolve);
    child.on("exit", (code) => reject(new Error(`bench ${name} ended with code ${code}`)));
  });
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in BENCHES));
  if (unknown.length > 0) {
    console.error(`no bench ${unknown.join(", ")}: there are ${Object.keys(BENCHES).join(", ")}`);
    return 2;
  }
  console.log(`Node ${process.versions.node} on ${cpus().length} x ${cpus()[0]?.model}`);
  const results: Record<string, readonly Row[]> = {};
  for (const [name, { title }] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const rows = await rowsOf(name);
    results[name] = rows;
    printTable(title, rows);
  }
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("latest.json", folder), `${JSON.stringify(results, undefined, 2)}\n`);

  const rows = Object.values(results).flat();
  const missed = rows.filter((row) => !isMet(row));
  console.log(`\n${rows.length - missed.length} met, ${missed.length} missed`);
  // Noise moves a number; only what is far off fails.
  return rows.some(isGross) ? 1 : 0;
}

const [first, name = ""] = process.argv.slice(2);
if (first === "--child") {
  process.send?.(await (await BENCHES[name]?.load())?.run());
  process.disconnect();
} else {
  process.exitCode = await main(process.argv.slice(2));
}
