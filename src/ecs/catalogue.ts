import { ECS_FIELDS } from "./fields.ts";
import { INTEGRATION_FIELDS } from "./integration-fields.ts";
import { DYNAMIC, type FieldTypes, KEYWORD_LIMIT, type Mapping, totalTypes, UNMAPPED, withNames } from "./mapping.ts";

/** What has been read so far: integrations at once, ECS by its roots, of which a rule needs few and a start has no time. */
let table: Map<string, Mapping> | undefined;
let unread: Map<string, string> | undefined;

function mappingIn(name: string): Mapping | undefined {
  table ??= readList(INTEGRATION_FIELDS);
  unread ??= sections(ECS_FIELDS);
  const dot = name.indexOf(".");
  readRoot(dot < 0 ? name : name.slice(0, dot));
  return table.get(name);
}

function readRoot(root: string): void {
  const section = unread?.get(root);
  if (section === undefined) return;
  unread?.delete(root);
  for (const [name, mapping] of readTree(section.split("\n"))) table?.set(name, mapping);
}

function allNames(): Iterable<string> {
  mappingIn("");
  for (const root of [...(unread?.keys() ?? [])]) readRoot(root);
  return table?.keys() ?? [];
}

/** What stands under each top-level name of the tree, that name's own line included. */
function sections(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const section of text.trim().split(/\n(?! )/)) {
    const [names = ""] = section.split(/[ \n]/, 1);
    for (const name of names.split(",")) found.set(name, section);
  }
  return found;
}

/** ECS as `@elastic/ecs` publishes it, and the fields of Elastic's integrations that its rules name. */
export const ecsTypes: FieldTypes = totalTypes(mappingIn, allNames);

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
  const own = new Map(overrides);
  for (const inner of [...overrides.keys()].flatMap(innerNames)) {
    if (!own.has(inner) && mappingIn(inner) === undefined) own.set(inner, { type: "object" });
  }
  return totalTypes(
    (name) => own.get(name) ?? mappingIn(name),
    () => new Set([...allNames(), ...own.keys()]),
  );
}

/** The names that a field's name leads through. */
function innerNames(name: string): string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}

/** Reads the list of integration-fields.ts, whose format is described there; inner names become objects. */
function readList(text: string): Map<string, Mapping> {
  const fields = new Map<string, Mapping>();
  for (const line of text.trim().split("\n")) {
    if (line.startsWith("#")) continue;
    const [name = "", note = "keyword"] = line.split(" ");
    const parent = name.slice(0, name.lastIndexOf("."));
    const isMultiField = fields.has(parent) && !isInner(fields.get(parent));
    for (const inner of innerNames(name)) if (!fields.has(inner)) fields.set(inner, { type: "object" });
    fields.set(
      name,
      note === "dynamic" ? DYNAMIC : { ...mappingOf(note), ...(isMultiField ? { source: parent } : {}) },
    );
  }
  return fields;
}

/** Reads the tree of fields.ts, whose format is described there. */
function readTree(lines: readonly string[]): Map<string, Mapping> {
  const fields = new Map<string, Mapping>();
  const open: string[] = [];
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
