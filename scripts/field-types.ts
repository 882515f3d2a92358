// Writes src/ecs/fields.ts, the ECS field types as a tree of names: `node scripts/field-types.ts`.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

interface EcsField {
  readonly type: string;
  readonly ignore_above?: number;
  readonly index?: boolean;
  readonly multi_fields?: readonly { readonly name: string; readonly type: string }[];
}

const require = createRequire(import.meta.url);
const { EcsFlat } = require("@elastic/ecs") as { EcsFlat: Record<string, EcsField> };
const { version } = require("@elastic/ecs/package.json") as { version: string };

class Tree extends Map<string, Tree> {
  note = "";
}

function place(root: Tree, name: string): Tree {
  let node = root;
  for (const part of name.split(".")) {
    const child = node.get(part) ?? new Tree();
    node.set(part, child);
    node = child;
  }
  return node;
}

// The default of the table is `keyword` with ignore_above 1024: only what differs is written.
function noteOf({ type, ignore_above, index }: EcsField): string {
  if (index === false) return " unindexed";
  if (type === "keyword")
    return ignore_above === undefined || ignore_above === 1024 ? " keyword" : ` keyword:${ignore_above}`;
  return ` ${type}${ignore_above === undefined ? "" : `:${ignore_above}`}`;
}

const root = new Tree();
for (const [name, field] of Object.entries(EcsFlat)) {
  place(root, name).note = noteOf(field);
  for (const multi of field.multi_fields ?? []) place(root, `${name}.${multi.name}`).note = ` ${multi.type}`;
}

function lines(node: Tree, indent: string): string[] {
  const children = [...node].sort(([a], [b]) => (a < b ? -1 : 1));
  const isPlain = ([, { note, size }]: [string, Tree]) => size === 0 && (note === "" || note === " keyword");
  const plain = children.filter(isPlain).map(([part]) => part);
  return [
    ...(plain.length === 0 ? [] : [indent + plain.join(",")]),
    ...children
      .filter((child) => !isPlain(child))
      .flatMap(([part, child]) => [`${indent}${part}${child.note}`, ...lines(child, `${indent} `)]),
  ];
}

writeFileSync(
  new URL("../src/ecs/fields.ts", import.meta.url),
  `// Written by scripts/field-types.ts from @elastic/ecs ${version} (Apache-2.0). Do not edit.

/**
 * One name part a line, one blank a level, then the type and \`:ignore_above\`. Leaves without a type are \`keyword\`, and
 * stand on one line with commas; an inner name without one is an object. \`keyword\` without a number is cut at 1024.
 */
export const ECS_FIELDS = \`
${lines(root, "").join("\n")}
\`;
`,
);
