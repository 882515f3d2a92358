import type { ReplayResult } from "../workbench/replay-result.ts";

/** A replay as JUnit has it: a test case for each rule, which fails where the rule found something. */
export function junitOf({ rules }: ReplayResult): string {
  const failures = rules.filter(({ findings }) => findings > 0).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="firstsight replay" tests="${rules.length}" failures="${failures}">`,
    ...rules.map(({ name, path, findings, top }) => {
      const open = `  <testcase name="${escaped(name)}" classname="${escaped(path)}"`;
      if (findings === 0) return `${open}/>`;
      const loudest = top.map(({ terms, findings: count }) => `${count} ${terms.join(", ")}`).join("\n");
      return `${open}><failure message="${findings} findings">${escaped(loudest)}</failure></testcase>`;
    }),
    "</testsuite>",
    "",
  ].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for XML, without the characters that XML has no way to write. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
