import type { BuildOptions } from "esbuild";

/** How a function is bundled; the benchmark bundles the bare AWS clients just so. */
export const BUNDLE = {
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  // Without this the AWS clients' CommonJS build is taken, which cannot be shaken: 60 % more to load.
  mainFields: ["module", "main"],
} satisfies BuildOptions;
