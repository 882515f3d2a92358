import { fork, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SHIPPED_RULE } from "../test/support/rules.ts";
import { eventTexts } from "./corpus.ts";
import type { Row } from "./report.ts";

/** `RUNS` under a thousand, as in CI, is a tenth of it. */
const BYTES = Number(process.env["RUNS"] ?? 1000) < 1000 ? 1e8 : 1e9;
/** jq is so slow that a part of the file must do. */
const JQ_BYTES = 5e7;
const RULES = fileURLToPath(new URL("../../shared/rules", import.meta.url));
const START = Date.parse("2026-10-01T00:00:00Z");
const ROUNDS = 3;

interface Ran {
  readonly seconds: number;
  readonly megabytes: number;
  readonly found: number;
}

/** The replay of a large file, beside what others do with it. */
export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-bench-"));
  try {
    const [file, part] = [join(folder, "events.ndjson"), join(folder, "part.ndjson")];
    write(file, BYTES);
    write(part, JQ_BYTES);
    const size = statSync(file).size;
    const rate = (seconds: number) => size / 1e6 / seconds;
    const [one, parsed, many, grep]: [Ran[], Ran[], Ran[], number[]] = [[], [], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      one.push(await worker("replay", "--rules", SHIPPED_RULE, file));
      parsed.push(await worker("parse", file));
      if (existsSync(RULES)) many.push(await worker("replay", "--rules", RULES, file));
      grep.push(timed("grep", ["-c", "-F", "169.254.169.254", file]));
    }
    const least = (all: readonly Ran[]) => Math.min(...all.map(({ seconds }) => seconds));
    const jq = timed("jq", ["-c", 'select(.destination.ip == "169.254.169.254")', part]);
    const jqRate = statSync(part).size / 1e6 / jq;
    const shipped = least(one);
    const detail = `${(size / 1e6).toFixed(0)} MB, ${one[0]?.found} findings; grep -F ${rate(Math.min(...grep)).toFixed(0)} MB/s`;
    return [
      { what: "shipped rule, 1 % matches", measured: rate(shipped), unit: "MB/s", target: { atLeast: 400 }, detail },
      ...(Number.isFinite(jqRate)
        ? [{ what: "  against jq's select", measured: rate(shipped) / jqRate, unit: "x", target: { atLeast: 8 } }]
        : []),
      {
        what: "  peak memory",
        measured: Math.max(...one.map(({ megabytes }) => megabytes)),
        unit: "MB",
        target: { atMost: 300 },
      },
      { what: "  against JSON.parse of each line", measured: least(parsed) / shipped, unit: "x" },
      ...(many.length === 0
        ? []
        : [
            {
              what: "110 rules, against JSON.parse of each line",
              measured: least(parsed) / least(many),
              unit: "x",
              target: { atLeast: 1 },
              detail: `${rate(least(many)).toFixed(0)} MB/s`,
              missedSince: "each thread loads the rules first: README.md",
            },
          ]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Events of several hosts, a second apart. */
function write(path: string, bytes: number): void {
  const texts = eventTexts(20_000, 0.01);
  const file = openSync(path, "w");
  let at = START;
  for (let size = 0; size < bytes; ) {
    const stamped = texts.map((text) => {
      at += 1000;
      return text.replace(/"@timestamp":"[^"]*"/, `"@timestamp":"${new Date(at).toISOString()}"`);
    });
    size += writeSync(file, `${stamped.join("\n")}\n`);
  }
  closeSync(file);
}

function worker(...args: readonly string[]): Promise<Ran> {
  const child = fork(fileURLToPath(new URL("./replay-worker.ts", import.meta.url)), args);
  return new Promise((resolve, reject) => {
    child.on("message", (ran) => resolve(ran as Ran));
    child.on("exit", (code) => reject(new Error(`the replay ended with code ${code}`)));
  });
}

/** @returns seconds; infinitely many where there is no such command */
function timed(name: string, args: readonly string[]): number {
  const before = performance.now();
  // Into a pipe: a grep whose output nobody can see stops at the first match.
  const { status } = spawnSync(name, args, {
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: JQ_BYTES,
    env: { ...process.env, LC_ALL: "C" },
  });
  return status === 0 ? (performance.now() - before) / 1000 : Number.POSITIVE_INFINITY;
}
