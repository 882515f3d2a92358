import type { Option, Verb } from "./verb.ts";

const CODES = "exit codes: 0 fine, 1 something speaks against you, 2 wrong rule or usage, 3 input that cannot be read";

/** What `firstsight --help` prints. */
export function list(verbs: readonly Verb[]): string {
  const rows = [
    ...verbs.map(({ name, takes, summary }) => [`${name} ${takes}`.trim(), summary] as const),
    ["completion SHELL", "print a script that completes the command in bash, zsh or fish"] as const,
  ];
  return [
    "usage: firstsight <verb> ...",
    "",
    ...columns(rows),
    "",
    "firstsight <verb> --help says what a verb takes, with examples; --version says which this is.",
    CODES,
  ].join("\n");
}

/** What `firstsight VERB --help` prints. */
export function help({ name, takes, summary, options, examples }: Verb): string {
  const rows = Object.entries(options).map(([long, option]) => [spelled(long, option), option.help] as const);
  return [
    `usage: firstsight ${name} ${takes}`.trimEnd(),
    "",
    `  ${summary}`,
    ...(rows.length === 0 ? [] : ["", ...columns(rows)]),
    ...(examples.length === 0
      ? []
      : ["", "examples:", ...examples.flatMap(([line, does]) => [`  # ${does}`, `  firstsight ${line}`])]),
    "",
    CODES,
  ].join("\n");
}

function spelled(long: string, { value }: Option): string {
  return value === undefined ? `--${long}` : `--${long} ${value}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
