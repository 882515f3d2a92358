// Writes src/ecs/values.ts, the values that ECS allows or expects of its fields: `node scripts/ecs-values.ts`.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

interface EcsField {
  readonly allowed_values?: readonly { readonly name: string }[];
  readonly expected_values?: readonly string[];
}

const require = createRequire(import.meta.url);
const { EcsFlat } = require("@elastic/ecs") as { EcsFlat: Record<string, EcsField> };
const { version } = require("@elastic/ecs/package.json") as { version: string };

const byValues = new Map<string, string[]>();
for (const [name, { allowed_values, expected_values }] of Object.entries(EcsFlat)) {
  const values = allowed_values?.map((value) => value.name) ?? expected_values;
  if (values === undefined) continue;
  const line = `${allowed_values === undefined ? "expected" : "allowed"}: ${values.join(", ")}`;
  byValues.set(line, [...(byValues.get(line) ?? []), name]);
}

writeFileSync(
  new URL("../src/ecs/values.ts", import.meta.url),
  `// Written by scripts/ecs-values.ts from @elastic/ecs ${version} (Apache-2.0). Do not edit.

/** A line of fields, then one of the values that ECS allows in them, or expects without ruling others out. */
export const ECS_VALUES = \`
${[...byValues].map(([values, names]) => `${names.join(" ")}\n${values}`).join("\n")}
\`;
`,
);
