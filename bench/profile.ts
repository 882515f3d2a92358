import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { isMet, type Row } from "./report.ts";

const PROFILED_MS = 400;
const SHOWN = 8;

/** A row that misses its bound says where the time goes: the functions that take most of it by themselves. */
export async function explained(row: Row, work: () => unknown): Promise<Row> {
  return isMet(row) ? row : { ...row, profile: await profileOf(work) };
}

/** The shares of the functions that take most of the time, callees not included. */
async function profileOf(work: () => unknown): Promise<string[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
  for (const end = performance.now() + PROFILED_MS; performance.now() < end; ) await work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return sharesOf(profile);
}

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url === "" ? "" : ` ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
      return [id, `${functionName || "(anonymous)"}${place}`];
    }),
  );
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? "";
    const time = timeDeltas[index] ?? 0;
    if (name === "(idle)" || name.includes("node:inspector")) continue;
    total += time;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  const most = [...times].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  return most.map(([name, time]) => `${((time / total) * 100).toFixed(0)} % ${name}`);
}
