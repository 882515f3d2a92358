import { ECS_FIELDS } from "./fields.ts";
import { INTEGRATION_FIELDS } from "./integration-fields.ts";
import { DYNAMIC, type FieldTypes, KEYWORD_LIMIT, type Mapping, totalTypes, UNMAPPED, withNames } from "./mapping.ts";

let table: ReadonlyMap<string, Mapping> | undefined;

function catalogue(): ReadonlyMap<string, Mapping> {
  table ??= new Map([...readList(INTEGRATION_FIELDS), ...readTree(ECS_FIELDS)]);
  return table;
}

/** ECS as `@elastic/ecs` publishes it, and the fields of Elastic's integrations that its rules name. */
export const ecsTypes: FieldTypes = totalTypes(
  (name) => catalogue().get(name),
  () => catalogue().keys(),
);

const CASELESS = ".caseless";

/** ECS with Elastic Defend's `caseless` multi-fields: the lower-cased twin of a keyword or wildcard field. */
export const endpointTypes: FieldTypes = withNames((name) => {
  if (!name.endsWith(CASELESS)) return ecsTypes(name);
  const source = name.slice(0, -CASELESS.length);
  const parent = ecsTypes(source);
  return parent.type === "keyword" || parent.type === "wildcard"
    ? { ...parent, normalizer: "lowercase", source }
    : UNMAPPED;
}, ecsTypes.names);

/** ECS with the types of some fields set or replaced. */
export function ecsTypesWith(overrides: ReadonlyMap<string, Mapping>): FieldTypes {
  return totalTypes(
    (name) => overrides.get(name) ?? catalogue().get(name),
    () => new Set([...catalogue().keys(), ...overrides.keys()]),
  );
}

/** Reads the list of integration-fields.ts, whose format is described there; inner names become objects. */
function readList(text: string): Map<string, Mapping> {
  const fields = new Map<string, Mapping>();
  for (const line of text.trim().split("\n")) {
    if (line.startsWith("#")) continue;
    const [name = "", note = "keyword"] = line.split(" ");
    const parent = name.slice(0, name.lastIndexOf("."));
    const isMultiField = fields.has(parent) && !isInner(fields.get(parent));
    for (let dot = name.indexOf("."); dot > 0; dot = name.indexOf(".", dot + 1)) {
      const inner = name.slice(0, dot);
      if (!fields.has(inner)) fields.set(inner, { type: "object" });
    }
    fields.set(
      name,
      note === "dynamic" ? DYNAMIC : { ...mappingOf(note), ...(isMultiField ? { source: parent } : {}) },
    );
  }
  return fields;
}

/** Reads the tree of fields.ts, whose format is described there. */
function readTree(text: string): Map<string, Mapping> {
  const fields = new Map<string, Mapping>();
  const open: string[] = [];
  const lines = text.trim().split("\n");
  for (const [index, line] of lines.entries()) {
    const level = depth(line);
    const [parts = "", note] = line.trim().split(" ");
    const parentName = level === 0 ? undefined : open[level - 1];
    const hasInner = depth(lines[index + 1] ?? "") > level;
    const isMultiField = parentName !== undefined && !isInner(fields.get(parentName));
    for (const part of parts.split(",")) {
      const name = parentName === undefined ? part : `${parentName}.${part}`;
      open[level] = name;
      fields.set(name, {
        ...mappingOf(note ?? (hasInner ? "object" : "keyword")),
        ...(isMultiField ? { source: parentName } : {}),
      });
    }
  }
  return fields;
}

function isInner(mapping: Mapping | undefined): boolean {
  return mapping?.type === "object" || mapping?.type === "nested";
}

function mappingOf(note: string): Mapping {
  const [type = "", limit] = note.split(":");
  const hasLimit = type === "keyword" || limit !== undefined;
  return { type, ...(hasLimit ? { ignoreAbove: Number(limit ?? KEYWORD_LIMIT) } : {}) };
}

function depth(line: string): number {
  let blanks = 0;
  while (line[blanks] === " ") blanks++;
  return blanks;
}
