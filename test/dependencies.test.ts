import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** Of package-lock.json: what npm installs, by its folder. */
interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };
const { "": own, ...dependencies } = packages;

const PERMISSIVE = [
  ...["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"],
  ...["PSF-2.0", "Python-2.0"], // argparse's, a part of js-yaml
];
/** Asks for nothing but the source of its own files; only for what is not shipped. */
const DEVELOPMENT = [...PERMISSIVE, "MPL-2.0"];
/** Those that name no licence, but bring one: the file, and how it begins. */
const IN_A_FILE: Readonly<Record<string, readonly [string, RegExp]>> = {
  "node_modules/@elastic/ecs": [
    "node_modules/@elastic/ecs/LICENSE",
    /^\s*Apache License\s+Version 2\.0, January 2004\s/,
  ],
};

/** Whether an SPDX expression lets one choose none but these. One that is not understood does not. */
function allows(expression: string | undefined, licenses: readonly string[]): boolean {
  const choices = (expression ?? "").replace(/^\((.*)\)$/, "$1").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((license) => licenses.includes(license)));
}

test("every dependency may be used by anybody", () => {
  assert.ok(Object.keys(dependencies).length > 300);
  const refused = Object.entries(dependencies).filter(([path, { license, dev }]) => {
    const [file, begins] = IN_A_FILE[path] ?? [];
    if (file !== undefined && begins !== undefined) return !begins.test(read(file));
    return !allows(license, dev === true ? DEVELOPMENT : PERMISSIVE);
  });
  assert.deepEqual(
    refused.map(([path, { license }]) => `${path}: ${license}`),
    [],
  );
});

test("a licence is read as SPDX writes it", () => {
  for (const good of ["MIT", "MIT OR GPL-3.0-only", "(GPL-2.0-only OR MIT)", "MIT AND ISC", "(MIT AND BSD-3-Clause)"]) {
    assert.ok(allows(good, PERMISSIVE), good);
  }
  const copyleft = [
    "AGPL-3.0-or-later",
    "GPL-3.0-only",
    "LGPL-3.0-only",
    "SSPL-1.0",
    "BUSL-1.1",
    "Elastic-2.0",
    "MPL-2.0",
  ];
  for (const bad of [
    ...copyleft,
    "MIT AND GPL-3.0-only",
    "(MIT AND SSPL-1.0)",
    "UNLICENSED",
    "SEE LICENSE IN x",
    "",
    undefined,
  ]) {
    assert.ok(!allows(bad, PERMISSIVE), bad);
  }
});

test("npm has nothing to warn of on the oldest Node that README names, and on the lines with long support since", () => {
  const [, oldest = ""] = /^>=(\d+\.\d+)$/.exec(own?.engines?.node ?? "") ?? [];
  assert.ok(read("README.md").includes(`Node ${oldest} or newer`));
  assert.ok(read("scripts/require-node.mjs").includes(`Node ${oldest} or newer`));
  for (const version of [oldest, "24.0", "26.0"]) {
    const warned = Object.entries(packages).filter(([, { engines }]) => !satisfies(version, engines?.node ?? "*"));
    assert.deepEqual(
      warned.map(([path, { engines }]) => `${path}: ${engines?.node}`),
      [],
    );
  }
});

/** npm's range of versions, as far as packages write theirs: `>=`, `^`, a major alone, `||` and `*`. */
function satisfies(version: string, range: string): boolean {
  const [major = 0, ...rest] = numbers(version);
  return range.split("||").some((choice) => {
    const [, operator, least = ""] = /^(\*|>=|\^|)\s*((?:\d+(?:\.(?:\d+|x))*)?)$/.exec(choice.trim()) ?? [];
    assert.ok(operator !== undefined, `"${range}" is no range known here`);
    if (operator === "*") return true;
    const [leastMajor = 0, ...leastRest] = numbers(least);
    if (major !== leastMajor) return operator === ">=" && major > leastMajor;
    return isAtLeast(rest, leastRest);
  });
}

function isAtLeast(found: readonly number[], least: readonly number[]): boolean {
  for (const [index, number] of least.entries()) {
    const difference = (found[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.split(".").map((part) => (part === "x" ? 0 : Number(part)));
}
