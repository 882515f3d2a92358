import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLE } from "../scripts/bundle.ts";
import type { Row } from "./report.ts";

const ROUNDS = 15;

/** Loading a bundle in a fresh process, against a bundle of the bare DynamoDB and SNS clients: CPU, interleaved. */
export async function coldStart(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-bench-"));
  try {
    const script = fileURLToPath(new URL("../scripts/build.ts", import.meta.url));
    spawnSync(process.execPath, [script, join(folder, "dist")]);
    const bare = join(folder, "bare.cjs");
    await build({
      stdin: {
        contents: `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";import { SNSClient } from "@aws-sdk/client-sns";
          export const clients = [new DynamoDBClient({}), new SNSClient({})];`,
        resolveDir: fileURLToPath(new URL("..", import.meta.url)),
      },
      outfile: bare,
      ...BUNDLE,
    });
    const files = Object.fromEntries(
      ["kinesis", "firehose", "retry", "sweep"].map((name) => [name, join(folder, "dist", name, "index.cjs")]),
    );
    const samples = new Map(["bare", ...Object.keys(files)].map((name) => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, list] of samples) list.push(cpuOf(files[name] ?? bare));
    }
    const median = (name: string) =>
      (samples.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    return Object.entries(files).flatMap(([name, file]): Row[] => [
      {
        what: `load of ${name}, against the bare clients`,
        measured: median(name) / median("bare"),
        unit: "x",
        target: { atMost: 1.3 },
        ...(name === "sweep"
          ? {}
          : {
              missedSince: "compiling two thirds more script, getting the rules ready, and Powertools take the time",
            }),
        detail: `${median(name).toFixed(0)} ms CPU, bare ${median("bare").toFixed(0)}`,
      },
      { what: `size of ${name}`, measured: Math.ceil(statSync(file).size / 1000), unit: "KB", target: { atMost: 600 } },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** CPU ms of a fresh process that loads a file, less Node's own start. */
function cpuOf(file: string): number {
  const code = `const before = process.cpuUsage(); require(${JSON.stringify(file)}); const { user, system } = process.cpuUsage(before); console.error("cpu " + (user + system) / 1000); process.exit(0);`;
  const environment = {
    AWS_REGION: "eu-west-1",
    HISTORY_TABLE: "t",
    FINDINGS_TOPIC_ARN: "arn:aws:sns:eu-west-1:1:t",
    QUARANTINE_QUEUE_URL: "https://sqs.example/q",
    RETRY_QUEUE_URL: "https://sqs.example/r",
  };
  const { stderr } = spawnSync(process.execPath, ["-e", code], { env: environment, encoding: "utf8" });
  return Number(stderr.split("cpu ").at(-1));
}
