// Bundles the functions into dist/<function>/index.cjs, and refuses rules that cannot run: `node scripts/build.ts`.
// Another folder than dist/ can be named: `node scripts/build.ts FOLDER`.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadRules } from "../src/rule/load.ts";
import { BUNDLE } from "./bundle.ts";

/** Each function of serverless.yml: src/functions/<name>.ts. */
const FUNCTIONS = ["kinesis", "firehose", "retry", "sweep"];
/** Minified, for each bundle: what Lambda must read at a cold start. */
const BUDGET_KB = 600;

const root = fileURLToPath(new URL("..", import.meta.url));

const { detectors, errors } = loadRules(`${root}rules`);
for (const { message } of errors) console.error(message);
if (errors.length > 0) fail(`${errors.length} of ${errors.length + detectors.length} rules cannot run`);

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: FUNCTIONS.map((name) => ({ in: `src/functions/${name}.ts`, out: `${name}/index` })),
  outdir: resolve(root, process.argv[2] ?? "dist"),
  outExtension: { ".js": ".cjs" },
  ...BUNDLE,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
  if (path.endsWith(".map")) continue;
  const kilobytes = Math.ceil(bytes / 1000);
  console.log(`${path}  ${kilobytes} KB`);
  if (kilobytes > BUDGET_KB) fail(`${path} is over its budget of ${BUDGET_KB} KB`);
}
console.log(`${detectors.length} ${detectors.length === 1 ? "rule" : "rules"} ready`);

function fail(reason: string): never {
  console.error(`build: ${reason}`);
  process.exit(1);
}
