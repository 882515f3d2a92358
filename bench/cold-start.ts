import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { BUNDLE } from "../scripts/bundle.ts";
import { ratio, timingOf } from "./measure.ts";
import type { Row } from "./report.ts";

const ROUNDS = 15;
const FUNCTIONS = ["kinesis", "firehose", "retry", "sweep"];

/** Loading a bundle in a fresh process, against a bundle of the bare DynamoDB and SNS clients: CPU, interleaved. */
export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "firstsight-bench-"));
  try {
    const script = fileURLToPath(new URL("../scripts/build.ts", import.meta.url));
    spawnSync(process.execPath, [script, join(folder, "dist")]);
    const bare = join(folder, "bare");
    await build({
      stdin: {
        contents: `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";import { SNSClient } from "@aws-sdk/client-sns";
          export const clients = [new DynamoDBClient({}), new SNSClient({})];`,
        resolveDir: fileURLToPath(new URL("..", import.meta.url)),
        sourcefile: "index.ts",
      },
      outdir: bare,
      entryNames: "index",
      ...BUNDLE,
    });
    const candidates: Record<string, readonly string[]> = { bare: [join(bare, "index.mjs")] };
    for (const name of FUNCTIONS) candidates[name] = [join(folder, "dist", name, "index.mjs")];
    // What a function loads at its first match; the others do so at once.
    const chunks = readdirSync(join(folder, "dist/kinesis"));
    const table = chunks.find((file) => file.startsWith("dynamodb-") && file.endsWith(".mjs")) ?? "";
    candidates["table"] = [join(folder, "dist/kinesis/index.mjs"), join(folder, "dist/kinesis", table)];

    const samples = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, list] of samples) list.push(cpuOf(candidates[name] ?? []));
    }
    const timing = (name: string) => timingOf(samples.get(name) ?? []);
    const detail = (name: string) => `${timing(name).min.toFixed(0)} ms CPU, bare ${timing("bare").min.toFixed(0)}`;
    return [
      ...FUNCTIONS.flatMap((name): Row[] => [
        {
          what: `load of ${name}, against the bare clients`,
          ...ratio(timing(name), timing("bare")),
          unit: "x",
          target: { atMost: 1.3 },
          detail: detail(name),
        },
        {
          what: `size of ${name}`,
          measured: kilobytes(join(folder, "dist", name)),
          unit: "KB",
          target: { atMost: 600 },
        },
      ]),
      {
        what: "load of kinesis, up to its first call of the table",
        ...ratio(timing("table"), timing("bare")),
        unit: "x",
        target: { atMost: 1.5 },
        detail: detail("table"),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All scripts of a folder. */
function kilobytes(folder: string): number {
  const scripts = readdirSync(folder).filter((file) => file.endsWith(".mjs"));
  return Math.ceil(scripts.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / 1000);
}

/** CPU ms of a fresh process that loads files, less Node's own start. */
function cpuOf(files: readonly string[]): number {
  const urls = files.map((file) => pathToFileURL(file).href);
  const code = `const before = process.cpuUsage();
    for (const url of ${JSON.stringify(urls)}) (await import(url)).openTable?.("t", () => undefined);
    const { user, system } = process.cpuUsage(before); console.error("cpu " + (user + system) / 1000); process.exit(0);`;
  const environment = {
    AWS_REGION: "eu-west-1",
    HISTORY_TABLE: "t",
    FINDINGS_TOPIC_ARN: "arn:aws:sns:eu-west-1:1:t",
    QUARANTINE_QUEUE_URL: "https://sqs.example/q",
    RETRY_QUEUE_URL: "https://sqs.example/r",
  };
  const options = ["--input-type=module", "-e", code];
  const { stderr } = spawnSync(process.execPath, options, { env: environment, encoding: "utf8" });
  return Number(stderr.split("cpu ").at(-1));
}
