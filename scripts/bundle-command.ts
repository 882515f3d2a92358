// Bundles the `firstsight` command into dist/cli, for a packed tarball: Node strips no types below node_modules.
import { chmodSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLE } from "./bundle.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

await build({
  absWorkingDir: root,
  ...BUNDLE,
  entryPoints: [
    { in: "src/cli/firstsight.ts", out: "firstsight" },
    { in: "src/workbench/observer-worker.ts", out: "observer-worker" },
  ],
  outdir: "dist/cli",
  minify: false,
  // What npm installs beside it stays where it is; a developer's machine has credentials in more places than Lambda.
  packages: "external",
  external: [],
  logLevel: "warning",
});
chmodSync(`${root}dist/cli/firstsight.mjs`, 0o755);
