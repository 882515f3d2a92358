// Bundles the functions into dist/<function>/index.mjs, and refuses rules and exceptions that cannot be used, or rules
// whose tests fail:
// `node scripts/build.ts`.
// With ASN_DATABASE=FILE they are to have that database of ASN: it is put beside them, and its reader into them.
// Other folders than dist/ and rules/ can be named: `node scripts/build.ts FOLDER RULES`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { PACKAGED_ASN_DATABASE } from "../src/deploy/build.ts";
import { advise } from "../src/rule/advice/advice.ts";
import { typesFor } from "../src/rule/detector.ts";
import { loadRules } from "../src/rule/load.ts";
import { openNetworks } from "../src/runtime/networks.ts";
import { BUNDLE } from "./bundle.ts";
import { ruleTests } from "./rule-tests.ts";

/** Each function of serverless.yml: src/functions/<name>.ts. */
const FUNCTIONS = ["kinesis", "firehose", "retry", "sweep", "notify", "export"];
/** Minified, for each function, all its files together. */
const BUDGET_KB = 600;
/** On top of it for those that have a database of ASN. */
const READER_KB = 12;

const root = fileURLToPath(new URL("..", import.meta.url));

const asnDatabase = process.env["ASN_DATABASE"] ?? "";
await openNetworks(process.env).catch(({ message }: Error) => fail(message));

const dist = resolve(root, process.argv[2] ?? "dist");
const rules = resolve(root, process.argv[3] ?? "rules");

const { detectors, disabled, errors, exceptions } = loadRules(rules);
for (const { message } of errors) console.error(message);
if (errors.length > 0) fail(`${counted(errors.length, "file")} of rules or exceptions cannot be used`);
const tests = await ruleTests(rules);
for (const line of tests.problems) console.error(line);
if (tests.problems.length > 0) fail("the tests of a rule fail");

for (const name of FUNCTIONS) {
  const folder = join(dist, name);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: `src/functions/${name}.ts`, out: "index" }],
    outdir: folder,
    ...BUNDLE,
    external: [...BUNDLE.external, ...(asnDatabase === "" ? ["./asn-database.ts"] : [])],
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  // What an earlier build left would be packaged, too.
  const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const file of readdirSync(folder)) if (!written.has(file)) rmSync(join(folder, file), { recursive: true });

  const scripts = Object.entries(metafile.outputs).filter(([path]) => path.endsWith(".mjs"));
  const kilobytes = Math.ceil(scripts.reduce((sum, [, { bytes }]) => sum + bytes, 0) / 1000);
  console.log(`${name}  ${kilobytes} KB in ${scripts.length} files`);
  const budget = BUDGET_KB + (asnDatabase === "" ? 0 : READER_KB);
  if (kilobytes > budget) fail(`${name} is over its budget of ${budget} KB`);
}
const packaged = join(dist, basename(PACKAGED_ASN_DATABASE));
const bytes = asnDatabase === "" ? undefined : readFileSync(asnDatabase);
// Not written over, nor with the mode of its source: it could be read-only.
rmSync(packaged, { force: true });
if (bytes !== undefined) {
  writeFileSync(packaged, bytes);
  // Somebody may just be renewing it.
  await openNetworks({ ASN_DATABASE: packaged }).catch(({ message }: Error) => fail(message));
}
for (const { rule } of detectors) {
  for (const limit of advise(rule, typesFor(rule.index)).limits) console.log(`note: ${rule.name}: ${limit}`);
}
const items = exceptions.flatMap(({ files }) => files).reduce((sum, file) => sum + file.items.length, 0);
const excepted = items === 0 ? "" : `, ${counted(items, "exception")}`;
const off = disabled.length === 0 ? "" : `, ${disabled.length} disabled`;
console.log(
  `${counted(detectors.length, "rule")} ready${off}${excepted}, ${counted(tests.passed, "test")} of them passed`,
);

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function fail(reason: string): never {
  console.error(`build: ${reason}`);
  process.exit(1);
}
