// Breaks each promise on purpose, one at a time, in a copy of the sources, and shows that a test notices:
// `npm run mutants`. Exit code 1 where a mutant lives, or where the line it changes is not there any more.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly test: string;
}

const SIMULATION = "test/detect/simulation.test.ts";

const MUTANTS: readonly Mutant[] = [
  {
    name: "unconditional claim, in memory",
    file: "src/history/memory-table.ts",
    from: 'const free = item === undefined || (item.state !== "P" && item.lastSeen < rest.firstSeen - rest.windowMs);',
    to: "const free = true || rest.windowMs > 0;",
    test: SIMULATION,
  },
  {
    name: "unconditional claim, in DynamoDB",
    file: "src/history/dynamodb-table.ts",
    from: 'const IS_PAST_WINDOW = "#ls < :cut";',
    to: 'const IS_PAST_WINDOW = "(#ls < :cut OR attribute_exists(#pk))";',
    test: "test/history/table.test.ts",
  },
  {
    name: "done before publish",
    file: "src/history/outbox.ts",
    from: "const published = duties.length === 0 ? new Set<string>() : await publish(duties, onError);",
    to: "const published = new Set(duties.map(({ findingId }) => findingId));\n  const later = async () => { if (duties.length > 0) await publish(duties, onError); };\n  setImmediate(() => void later());",
    test: SIMULATION,
  },
  {
    name: "TTL without slack",
    file: "src/history/table.ts",
    from: "return Math.floor((lastSeen + windowMs + LAG_MS) / 1000);",
    to: "return Math.floor((lastSeen + windowMs) / 1000);",
    test: SIMULATION,
  },
  {
    name: "fixed window",
    file: "src/history/settle.ts",
    from: "const isDue = last - lastSeen >= refreshStep(windowMs);",
    to: "const isDue = false;",
    test: SIMULATION,
  },
  {
    name: "no takeover",
    file: "src/history/memory-table.ts",
    from: "const adopted: Pending =",
    to: "if (until > 0) return undefined;\n      const adopted: Pending =",
    test: SIMULATION,
  },
  {
    name: "read trusted for new",
    file: "src/history/settle.ts",
    from: "const sealed = seal(sighting, reading?.lastSeen);",
    to: 'const sealed = seal(sighting, reading?.lastSeen);\n  if (reading === undefined) return { verdict: "new", duty: { key, ...sealed, windowMs, lastSeen: last } };',
    test: SIMULATION,
  },
  {
    name: "pending taken for known by a read",
    file: "src/history/settle.ts",
    from: 'reading.state !== "P" && reading.lastSeen',
    to: "reading.lastSeen",
    test: SIMULATION,
  },
  {
    name: "failed PublishBatch entries ignored",
    file: "src/runtime/refusals.ts",
    from: "return ids.filter((id) => taken.has(id));",
    to: "return [...ids];",
    test: "test/runtime/sns.test.ts",
  },
  {
    name: "acceptance read from Failed",
    file: "src/runtime/refusals.ts",
    from: "return ids.filter((id) => taken.has(id));",
    to: "return ids.filter((id) => !reasons.has(id));",
    test: "test/runtime/sqs.test.ts",
  },
  {
    name: "sends begun after the signal",
    file: "src/runtime/sqs.ts",
    from: "if (abort.aborted) return;",
    to: "",
    test: "test/runtime/sqs.test.ts",
  },
  {
    name: "a page abandoned by the sweeper",
    file: "src/history/sweep.ts",
    from: "        } catch (error) {\n          fail(error);",
    to: "        } catch (error) {\n          fail(error);\n          throw error;",
    test: "test/history/sweep.test.ts",
  },
  {
    name: "a partition unread, and no error",
    file: "src/history/sweep.ts",
    from: "failure: causes.length === 0 ? undefined : unreadError(causes)",
    to: "failure: causes.length < 99 ? undefined : unreadError(causes)",
    test: "test/history/sweep.test.ts",
  },
  {
    name: "the outbox in one partition",
    file: "src/history/dynamodb-table.ts",
    from: "randomInt(OUTBOX_PARTITIONS)",
    to: "OUTBOX_PARTITIONS - 1",
    test: "test/history/dynamodb-errors.test.ts",
  },
  {
    name: "all findings of a batch sealed at once",
    file: "src/history/settle.ts",
    from: "const GROUPS = 4;",
    to: "const GROUPS = 1000;",
    test: "test/history/settle.test.ts",
  },
  {
    name: "all bodies open at once",
    file: "src/finding/publisher.ts",
    from: "const OPENED = 10;",
    to: "const OPENED = 10_000;",
    test: "test/finding/publisher.test.ts",
  },
  {
    name: "batchItemFailures forgotten",
    file: "src/functions/kinesis.ts",
    from: "batchItemFailures: first === undefined ? [] :",
    to: "batchItemFailures: first !== null ? [] :",
    test: "test/functions/kinesis.test.ts",
  },
  {
    name: "Firehose data encoded anew",
    file: "src/functions/firehose.ts",
    from: "      data,\n",
    to: '      data: Buffer.from(data, "base64").toString("base64"),\n',
    test: "test/functions/firehose.test.ts",
  },
  {
    name: "undecided Firehose matches not parked",
    file: "src/functions/firehose.ts",
    from: "undecidedSightings.map((sighting) =>",
    to: "undecidedSightings.slice(0, 0).map((sighting) =>",
    test: "test/functions/firehose.test.ts",
  },
  {
    name: "escapes passed over by the prefilter",
    file: "src/detect/prefilter.ts",
    from: '[...literals, "\\\\u"]',
    to: "[...literals]",
    test: "test/detect/prefilter.test.ts",
  },
  {
    name: "a spelling of an address forgotten",
    file: "src/kql/necessary.ts",
    from: 'const MAPPED = ["ffff:", "F:", "Ff"];',
    to: 'const MAPPED = ["ffff:", "F:"];',
    test: "test/detect/prefilter.test.ts",
  },
  {
    name: "a constant's quoted star taken for text",
    file: "src/kql/necessary.ts",
    from: 'type === "constant_keyword" ? texts.flatMap(starred) : texts',
    to: "texts.concat(starred.name.slice(0, 0))",
    test: "test/detect/prefilter.test.ts",
  },
  {
    name: "a constant's quoted star required",
    file: "src/rule/requirement.ts",
    from: 'type === "constant_keyword" && !text.includes("*")',
    to: 'type === "constant_keyword"',
    test: "test/rule/rule-index.test.ts",
  },
  {
    name: "a constant's escaped star taken for text",
    file: "src/ecs/constant-keyword.ts",
    from: "segments.flatMap(starred)",
    to: "segments",
    test: "test/rule/differential.test.ts",
  },
  {
    name: "rules of another data stream asked",
    file: "src/rule/rule-index.ts",
    from: 'const set = inScope.map(Number).join("");',
    to: "const set = String(inScope.filter(Boolean).length);",
    test: "test/rule/rule-index.test.ts",
  },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "firstsight-mutants-"));
let alive = 0;
try {
  for (const part of ["src", "test", "rules", "docs", "events", "package.json", "tsconfig.json"]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const { name, file, from, to, test } of MUTANTS) {
    const path = join(copy, file);
    const source = readFileSync(path, "utf8");
    const isThere = source.split(from).length === 2;
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const run = () => spawnSync(process.execPath, ["--test", test], { cwd: copy, timeout: 120_000 });
    // A test that hangs has a null status, and has not noticed anything.
    const isKilled = isThere && run().status === 1;
    writeFileSync(path, source);
    if (!isKilled) alive++;
    console.log(`${isKilled ? "killed" : isThere ? "ALIVE " : "GONE  "}  ${name.padEnd(40)} ${test}`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`${MUTANTS.length - alive} killed, ${alive} alive`);
process.exitCode = alive === 0 ? 0 : 1;
