#!/usr/bin/env node
// The `firstsight` command: `npx firstsight <verb> ...`, or `npm run -s firstsight -- <verb> ...`.
import { command } from "./command.ts";
import { VERBS } from "./verbs.ts";

// Who reads no further, as `head` does, wants no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`firstsight: standard output: ${error.message}\n`);
  process.exit(3);
});

// With the exit go the files that a verb has put aside.
process.once("SIGHUP", () => process.exit(129));
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

process.exitCode = await command(VERBS, process.argv.slice(2), {
  print: (line) => process.stdout.write(`${line}\n`),
  warn: (line) => process.stderr.write(`${line}\n`),
});
