import type { BuildOptions } from "esbuild";

/** How a function is bundled; the benchmark bundles the bare AWS clients just so. */
export const BUNDLE = {
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // What a function imports when it needs it is a file of its own, which costs nothing until then.
  splitting: true,
  outExtension: { ".js": ".mjs" },
  // Without this the AWS clients' CommonJS build is taken, which cannot be shaken: 60 % more to load.
  mainFields: ["module", "main"],
  // The AWS clients load it in browsers only.
  external: ["bowser"],
} satisfies BuildOptions;
