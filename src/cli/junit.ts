import type { ReplayResult } from "../workbench/replay-result.ts";
import { xmlText } from "../workbench/xml.ts";

/** A replay as JUnit has it: a test case for each rule, which fails where the rule found something. */
export function junitOf({ rules }: ReplayResult): string {
  const failures = rules.filter(({ findings }) => findings > 0).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="firstsight replay" tests="${rules.length}" failures="${failures}">`,
    ...rules.map(({ name, path, findings, top }) => {
      const open = `  <testcase name="${xmlText(name)}" classname="${xmlText(path)}"`;
      if (findings === 0) return `${open}/>`;
      const loudest = top.map(({ terms, findings: count }) => `${count} ${terms.join(", ")}`).join("\n");
      return `${open}><failure message="${findings} findings">${xmlText(loudest)}</failure></testcase>`;
    }),
    "</testsuite>",
    "",
  ].join("\n");
}
