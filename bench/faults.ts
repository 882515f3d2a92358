import { brokenPromises, type SimulationReport, simulate } from "../test/support/simulation.ts";
import type { Row } from "./report.ts";

/** Runs of the race simulation; each is its seed, and can be played again by test/detect/simulation.test.ts. */
export async function run(): Promise<Row[]> {
  const runs = Number(process.env["RUNS"] ?? 5000);
  const first = Number(process.env["SEED"] ?? 1);
  const sums = new Map<string, number>();
  const add = (name: string, count: number) => sums.set(name, (sums.get(name) ?? 0) + count);
  for (let seed = first; seed < first + runs; seed++) {
    const report = await simulate({ seed });
    const { faults: injected, unsettled, ...counts } = report;
    for (const [name, count] of Object.entries(counts)) add(name, count);
    for (const [fault, count] of Object.entries(injected)) add(`fault: ${fault}`, count);
    add("unsettled", unsettled.length);
    const broken = brokenPromises(report);
    if (broken.length > 0) console.log(`SEED=${seed} RUNS=1: ${broken.join("; ")}`);
  }
  const ratio = (sums.get("findings") ?? 0) / (sums.get("newCombinations") ?? 1);
  const ids: Row = { what: "ids per combination and window", measured: ratio, unit: "", target: { atMost: 1 } };
  const mustBeNone: readonly (keyof SimulationReport)[] = ["lost", "extra", "tooSoon", "rewritten", "unsettled"];
  const rows = [...sums].map(([what, measured]) => ({
    what: what === "lost" ? "lost, or falsely known" : what,
    measured,
    unit: "",
    ...((mustBeNone as readonly string[]).includes(what) ? { target: { atMost: 0 } } : {}),
  }));
  return [ids, ...rows];
}
