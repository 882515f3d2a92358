// `npm run bench`, or `npm run bench -- NAME...` for some of the measurements. See README.md here.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { catalogue } from "./catalogue.ts";
import { coldStart } from "./cold-start.ts";
import { faults } from "./faults.ts";
import { handler } from "./handler.ts";
import { linear } from "./linear.ts";
import { memory } from "./memory.ts";
import { isGross, isMet, printTable, type Row } from "./report.ts";
import { rivals } from "./rivals.ts";

interface Bench {
  readonly title: string;
  readonly run: () => Row[] | Promise<Row[]>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  handler: { title: "Kinesis envelope to verdict, shipped rule, 1 % hits", run: handler },
  rivals: { title: "Shipped rule over parsed events, against other engines", run: rivals },
  catalogue: { title: "Many rules", run: catalogue },
  "cold-start": { title: "Cold start", run: coldStart },
  faults: { title: "Promises under faults: sums over all runs", run: faults },
  memory: { title: "Peak memory over an idle process, for a delivery of 6 MB", run: memory },
  linear: { title: "Time against size: 64 KB for 8 KB", run: linear },
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(", ")}: there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}

console.log(`Node ${process.versions.node} on ${cpus().length} x ${cpus()[0]?.model}`);
const results: Record<string, readonly Row[]> = {};
for (const [name, { title, run }] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const rows = await run();
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
process.exitCode = rows.some(isGross) ? 1 : 0;
