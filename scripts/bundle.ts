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
  external: [
    // The AWS clients load it in browsers only.
    "bowser",
    // Where a developer's machine has its credentials, an eighth of a function. Lambda's are in its environment.
    "@aws-sdk/credential-provider-ini",
    "@aws-sdk/credential-provider-process",
    "@aws-sdk/credential-provider-sso",
    "@aws-sdk/credential-provider-web-identity",
    "@smithy/credential-provider-imds",
  ],
} satisfies BuildOptions;
